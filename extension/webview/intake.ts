// What comes into the panel by paste, by drop, or out of a file dialog.

const URI_LISTS = ['application/vnd.code.uri-list', 'text/uri-list'] as const;

export const imagesIn = (data: DataTransfer | null): File[] =>
  [...(data?.files ?? [])].filter(({ type }) => type.startsWith('image/'));

/** One address per line; a line that begins with # is a remark. */
function urisIn(data: DataTransfer): string[] {
  const list = URI_LISTS.map((type) => data.getData(type)).find((text) => text !== '') ?? '';
  return list.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
}

const isOurs = ({ types }: DataTransfer): boolean =>
  types.includes('Files') || URI_LISTS.some((type) => types.includes(type));

export interface Intake {
  images(files: readonly File[]): void;
  uris(uris: readonly string[]): void;
}

/** Anywhere in the panel is a good place to let go: it all goes to the composer. */
export function acceptDrops(root: HTMLElement, intake: Intake): void {
  const mark = (isOver: boolean): void => void root.classList.toggle('dropping', isOver);
  root.addEventListener('dragover', (event) => {
    if (event.dataTransfer === null || !isOurs(event.dataTransfer)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    mark(true);
  });
  root.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node) || !root.contains(relatedTarget)) mark(false);
  });
  root.addEventListener('drop', (event) => {
    mark(false);
    if (event.dataTransfer === null || !isOurs(event.dataTransfer)) return;
    event.preventDefault();
    const uris = urisIn(event.dataTransfer);
    // A file of the workspace has an address; of any other file there is only its content.
    if (uris.length > 0) intake.uris(uris);
    else intake.images([...event.dataTransfer.files]);
  });
}

export function pickImages(picked: (files: readonly File[]) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = 'image/png,image/jpeg,image/gif,image/webp';
  input.multiple = true;
  input.addEventListener('change', () => picked([...(input.files ?? [])]));
  input.click();
}
