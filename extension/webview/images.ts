// Images for a prompt: read from the clipboard or a drop, made small enough to go along, and shown as they are sent.
// They are drawn on a canvas, so the page's content policy need not allow any image address.
import { html, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { t } from './l10n.ts';
import type { Shot } from './toolText.ts';
import type { Actions } from './view.ts';
import type { Picture } from '../../gateway/protocol/index.ts';

/** What the gateway takes in one message is 1 MiB, and base64 makes a third more of it. */
const MOST_BYTES = 512 * 1024;
/** Models make larger images smaller themselves. */
const LONGEST_SIDE = 1568;
const KINDS = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;
type Kind = (typeof KINDS)[number];

export interface ReadyImage {
  readonly name: string;
  readonly mimeType: Kind;
  /** Base64. */
  readonly data: string;
}

/** The image as it goes along; throws what to do when it cannot. */
export async function readyImage(file: File, name: string): Promise<ReadyImage> {
  const kind = KINDS.find((known) => known === file.type);
  if (kind === undefined)
    throw new Error(t('{0} is no PNG, JPEG, GIF or WebP image. Other files are added with @.', name));
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(t('{0} cannot be read as an image.', name));
  });
  try {
    pictures.set(name, await small(bitmap));
    const fits = file.size <= MOST_BYTES && Math.max(bitmap.width, bitmap.height) <= LONGEST_SIDE;
    const blob = fits ? file : await smaller(bitmap);
    return { name, mimeType: blob === file ? kind : asKind(blob.type), data: await base64(blob) };
  } finally {
    // As it is on a screen it takes tens of megabytes.
    bitmap.close();
  }
}

const asKind = (type: string): Kind => (type === 'image/png' ? 'image/png' : 'image/jpeg');

/** As PNG where that is small enough; else as JPEG, and smaller until it fits. */
async function smaller(bitmap: ImageBitmap): Promise<Blob> {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const png = await drawn(bitmap, scale).convertToBlob({ type: 'image/png' });
  if (png.size <= MOST_BYTES) return png;
  for (let less = scale; ; less *= 0.7) {
    const jpeg = await drawn(bitmap, less).convertToBlob({ type: 'image/jpeg', quality: 0.8 });
    if (jpeg.size <= MOST_BYTES) return jpeg;
  }
}

function drawn(bitmap: ImageBitmap, scale: number): OffscreenCanvas {
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(width ?? 1, height ?? 1);
  const context = canvas.getContext('2d');
  if (context !== null) {
    // JPEG has no transparency.
    context.fillStyle = 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  }
  return canvas;
}

async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

// ---- showing ----

/** Small pictures of the images that were added here, by name. */
const pictures = new Map<string, ImageBitmap>();

/** Twice as large as it is shown, for screens with small pixels. */
const SMALL = 64;

function small(bitmap: ImageBitmap): Promise<ImageBitmap> {
  const scale = Math.min(1, SMALL / Math.min(bitmap.width, bitmap.height));
  const side = (length: number): number => Math.ceil(length * scale);
  return createImageBitmap(bitmap, { resizeWidth: side(bitmap.width), resizeHeight: side(bitmap.height) });
}

/** A small picture of an image that was added here; undefined after a reload: then a sign must do. */
export function thumbnail(name: string): TemplateResult | undefined {
  const bitmap = pictures.get(name);
  return (
    bitmap &&
    html`<canvas class="thumb" width="32" height="32" aria-hidden="true" ${ref(cover(bitmap))}></canvas>`
  );
}

const cover =
  (bitmap: ImageBitmap) =>
  (element: Element | undefined): void => {
    if (!(element instanceof HTMLCanvasElement)) return;
    const side = Math.min(bitmap.width, bitmap.height);
    const { width, height } = element;
    element
      .getContext('2d')
      ?.drawImage(
        bitmap,
        (bitmap.width - side) / 2,
        (bitmap.height - side) / 2,
        side,
        side,
        0,
        0,
        width,
        height,
      );
  };

const WIDEST = 240;

/** Among what goes along: a picture that the host keeps. */
export const isImage = (uri: string): boolean => uri.startsWith('clipping:') && !uri.endsWith('.txt');

/** An image of the conversation. As high at once as it will be, so that nothing moves when it has been read. */
export const picture = (image: Picture): TemplateResult =>
  html`<canvas
    class="picture"
    role="img"
    aria-label=${t('Image')}
    width="0"
    height="0"
    ${ref(whole(image))}
  ></canvas>`;

/** An image that a tool gave: small here, and in full in an editor. */
export function shotView({ mimeType: type, data, summary }: Shot, act: Actions): TemplateResult {
  const mimeType = KINDS.find((kind) => kind === type);
  const open = (): void => {
    if (mimeType !== undefined) act.post({ type: 'openImage', mimeType, data });
  };
  const title = t('Open the image, {0}', summary);
  return html`<button class="shot" type="button" title=${title} aria-label=${title} @click=${open}>
    ${picture({ mimeType: type, data })}
  </button>`;
}

const whole =
  ({ data, mimeType }: Picture) =>
  (element: Element | undefined): void => {
    if (!(element instanceof HTMLCanvasElement) || element.width > 0) return;
    const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    createImageBitmap(new Blob([bytes], { type: mimeType })).then(
      (bitmap) => {
        const scale = Math.min(element.clientHeight / bitmap.height, WIDEST / bitmap.width);
        element.width = bitmap.width * scale * devicePixelRatio;
        element.height = bitmap.height * scale * devicePixelRatio;
        element.style.width = `${bitmap.width * scale}px`;
        element.getContext('2d')?.drawImage(bitmap, 0, 0, element.width, element.height);
        bitmap.close();
      },
      // What is no image stays an empty frame.
      () => undefined,
    );
  };

/** Names are told apart: what is pasted is always called the same. */
export function newName(name: string, taken: readonly string[]): string {
  const [, stem = name, end = ''] = /^(.*?)(\.[^.]*)?$/.exec(name.slice(0, 100)) ?? [];
  for (let count = 1; ; count++) {
    const next = count === 1 ? `${stem}${end}` : `${stem} ${count}${end}`;
    if (!taken.includes(next)) return next;
  }
}
