// Markdown of an agent as DOM that can do nothing by itself: no HTML, no images, no addresses that a click would follow.
import DOMPurify from 'dompurify';
import MarkdownIt from 'markdown-it';
import { linkedFile, writtenFile, type FileName } from './fileNames.ts';
import { reveal } from './reveal.ts';
import { t } from './l10n.ts';

/** Longer prose is shown as plain text: some inputs make a parser slow, and no answer has such paragraphs. */
const MAX_PROSE = 16_000;

/** As the host: it opens nothing else, and of files only those of the session's folder. */
const isAddress = (url: string): boolean => /^https?:\/\/[^\s\\]/i.test(url);

const markdown = new MarkdownIt({ html: false, linkify: false, breaks: false });
markdown.validateLink = (url) => isAddress(url) || linkedFile(url) !== undefined;

/** What has marks, columns or an edge stands as its own language reads. */
const HAS_SIDES = new Set(['bullet_list_open', 'ordered_list_open', 'blockquote_open', 'table_open']);
markdown.core.ruler.push('direction', ({ tokens }) => {
  for (const token of tokens) if (HAS_SIDES.has(token.type)) token.attrSet('dir', 'auto');
});

const escape = markdown.utils.escapeHtml;
/** Addresses travel as data, for a click to ask about; there is no href that a frame could navigate to. */
const openLink = (url: string): string =>
  `<a class="link" role="link" tabindex="0" data-url="${escape(url)}" title="${escape(url)}">`;
const openFile = ({ path, line }: FileName): string => {
  const title = t('Open {0}', line === '' ? path : `${path}:${line}`);
  return `<a class="link" role="link" tabindex="0" data-path="${escape(path)}" data-line="${line}" title="${escape(title)}">`;
};

markdown.renderer.rules['link_open'] = (tokens, index) => {
  const url = String(tokens[index]?.attrGet('href') ?? '');
  const file = isAddress(url) ? undefined : linkedFile(url);
  return file === undefined ? openLink(url) : openFile(file);
};
markdown.renderer.rules['code_inline'] = (tokens, index) => {
  const content = tokens[index]?.content ?? '';
  const shown = `<code>${escape(content)}</code>`;
  const isLinked = tokens.slice(0, index).findLast(({ type }) => type.startsWith('link_'))?.nesting === 1;
  const file = isLinked ? undefined : writtenFile(content);
  return file === undefined ? shown : `${openFile(file)}${shown}</a>`;
};
markdown.renderer.rules['image'] = (tokens, index) => {
  const token = tokens[index];
  const url = String(token?.attrGet('src') ?? '');
  const file = isAddress(url) ? undefined : linkedFile(url);
  return `${file === undefined ? openLink(url) : openFile(file)}${escape(t('Image: {0}', token?.content || url))}</a>`;
};
// A style attribute would be refused by the panel's content policy.
const cell = (name: string) => () => `<${name}>`;
markdown.renderer.rules['th_open'] = cell('th');
markdown.renderer.rules['td_open'] = cell('td');
const code: NonNullable<(typeof markdown.renderer.rules)['fence']> = (tokens, index) => {
  const token = tokens[index];
  return `<pre data-info="${escape(token?.info.trim() ?? '')}">${escape(token?.content.replace(/\n$/, '') ?? '')}</pre>`;
};
markdown.renderer.rules['fence'] = code;
markdown.renderer.rules['code_block'] = code;

const ALLOWED_TAGS =
  'p strong em s code pre ul ol li blockquote h1 h2 h3 h4 h5 h6 hr br table thead tbody tr th td a'.split(
    ' ',
  );
const ALLOWED_ATTR = 'class dir role tabindex title start data-url data-path data-line data-info'.split(' ');

/** The second lock behind markdown-it's `html: false`. */
export function proseToDom(source: string): DocumentFragment {
  if (source.length > MAX_PROSE) return plain(source);
  return DOMPurify.sanitize(markdown.render(reveal(source)), {
    RETURN_DOM_FRAGMENT: true,
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

function plain(source: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const paragraph = document.createElement('p');
  paragraph.className = 'plain';
  paragraph.textContent = reveal(source);
  fragment.append(paragraph);
  return fragment;
}
