// The page that a panel starts from: nothing may be loaded or run but our own files.
import * as vscode from 'vscode';

/** Fills a webview with our page. `program`: which of the bundles in dist/webview runs. Listen to its messages before. */
export function showPage(webview: vscode.Webview, extension: vscode.Uri, program: 'main' | 'mail'): void {
  webview.options = {
    enableScripts: true,
    enableForms: false,
    enableCommandUris: false,
    // The only folders that the page can read from.
    localResourceRoots: [
      vscode.Uri.joinPath(extension, 'dist', 'webview'),
      vscode.Uri.joinPath(extension, 'media'),
    ],
  };
  webview.html = pageHtml(webview, extension, program);
}

function pageHtml(webview: vscode.Webview, extension: vscode.Uri, program: 'main' | 'mail'): string {
  const uri = (...path: string[]): string =>
    attribute(webview.asWebviewUri(vscode.Uri.joinPath(extension, ...path)).toString());
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString('base64');
  const own = webview.cspSource;
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${own}`,
    `font-src ${own}`,
    `img-src ${own}`,
    `connect-src 'none'`,
    `frame-src 'none'`,
    `form-action 'none'`,
    `base-uri 'none'`,
  ].join('; ');
  return `<!doctype html>
<html lang="${attribute(vscode.env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast</title>
<link rel="stylesheet" href="${uri('dist', 'webview', 'codicon.css')}">
<link rel="stylesheet" href="${uri('media', 'holdfast.css')}">
</head>
<body>
<div id="app"></div>
<script type="application/json" id="l10n">${data(vscode.l10n.bundle ?? {})}</script>
<script type="module" nonce="${nonce}" src="${uri('dist', 'webview', `${program}.js`)}"></script>
</body>
</html>`;
}

/** JSON as the text of a script element that no browser runs; nothing in it can end the element. */
const data = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const attribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
