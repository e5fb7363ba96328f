// Which row of the tree is selected: that of the open chat, also when it has moved. VS Code is asked to select one row at a
// time: of two requests that overlap, the first may be carried out last.

export interface SelectionParts {
  /** The row that is selected according to VS Code, which knows of none while it fetches rows anew. */
  readonly selected: () => string | undefined;
  /** The folder or group that a row stands in; undefined: there is no such row. */
  readonly placeOf: (id: string | undefined) => string | undefined;
  /** Whether selecting it would be seen, and would open nothing that a person has folded. `isMoved`: it may be in another folder now. */
  readonly canShow: (id: string, isMoved: boolean) => boolean;
  /** Rejects when VS Code does not have the row yet, just after a start. */
  readonly reveal: (id: string) => PromiseLike<unknown>;
}

export class TreeSelection {
  readonly #parts: SelectionParts;
  /** Is selected as soon as there is a row for it. */
  #wanted: string | undefined;
  /** The selected session, when its row is about to move to another folder or group. */
  #moved: string | undefined;
  /** VS Code was asked to select this row. Until it has, it names the row before, or one that somebody has clicked. */
  #turningTo: string | undefined;
  /** The row that was selected last. */
  #last: string | undefined;
  /** The folder or group that it stood in. */
  #lastIn: string | undefined;

  constructor(parts: SelectionParts) {
    this.#parts = parts;
  }

  get id(): string | undefined {
    return this.#parts.selected() ?? this.#last;
  }

  get wanted(): string | undefined {
    return this.#wanted;
  }

  want(id: string | undefined): void {
    this.#wanted = id;
  }

  /** VS Code says what is selected. */
  said(id: string | undefined): void {
    this.#last = id;
    this.#lastIn = this.#parts.placeOf(this.id);
  }

  /** Call it before changed rows are drawn: when a row moves into a folder, VS Code leaves the selection on the folder. */
  drawing(): void {
    const { id } = this;
    const place = this.#parts.placeOf(id);
    const next = this.#wanted ?? this.#turningTo ?? id;
    if (place !== undefined && place !== this.#lastIn && next === id) this.#moved = id;
    this.#lastIn = place;
  }

  /** To be called after drawing. */
  turn(): void {
    if (this.#turningTo !== undefined) return;
    const isWanted = this.#wanted !== undefined && this.#parts.canShow(this.#wanted, false);
    const isMoved = this.#moved !== undefined && this.#parts.canShow(this.#moved, true);
    const id = isWanted ? this.#wanted : isMoved ? this.#moved : undefined;
    if (id === undefined) return;
    // What has moved is still selected where it stood, for a moment.
    const isThere = id !== this.#moved && this.#parts.selected() === id;
    this.#wanted = undefined;
    this.#moved = undefined;
    if (isThere) return;
    this.#turningTo = id;
    this.#parts.reveal(id).then(
      () => {
        this.#turningTo = undefined;
        this.turn();
      },
      () => {
        this.#turningTo = undefined;
        // Tried again with the next news.
        if (this.#wanted === undefined) this.#wanted = id;
        else this.turn();
      },
    );
  }
}
