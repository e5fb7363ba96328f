// A form that an agent asks to be filled in, or a page that it wants opened: the card of a permission with inputs in it.
import { html, nothing, type TemplateResult } from 'lit';
import type { FormContent, FormField } from '../../gateway/protocol/index.ts';
import { icon } from './icons.ts';
import { inFull } from './inFull.ts';
import { t } from './l10n.ts';
import type { Ask } from './parts.ts';
import { isSound, type View } from './view.ts';

type Choice = Extract<FormField, { type: 'choice' }>['choices'][number];
type Value = FormContent[string];

/** A question that is answered by more than one of its options. */
export const isForm = ({ form, url }: Ask): boolean => form !== undefined || url !== undefined;

/** What is asked, and what was or is to be filled in. The verdict follows below. */
export function formBody(ask: Ask, view: View, isOpen: boolean): TemplateResult {
  const { title, url, form, verdict } = ask;
  const isAsking = verdict === undefined && isOpen;
  return html`<p class="asked">${inFull(title)}</p>
    ${url === undefined ? nothing : page(url)}
    ${isAsking ? entry(ask, view) : (form?.fields ?? []).map((field) => filled(field, verdict?.content))}`;
}

const page = (url: string): TemplateResult =>
  html`<p class="asked"><a class="link" role="link" tabindex="0" data-url=${url}>${inFull(url)}</a></p>`;

function entry(ask: Ask, view: View): TemplateResult {
  const { permissionId, digest, form } = ask;
  const fields = form?.fields ?? [];
  const isOff = !canAnswer(ask, view);
  const first = ask.options.find(({ kind }) => kind.startsWith('allow'));
  const answer = (optionId: string, content?: FormContent): void => {
    if (!isOff) view.act.answer(permissionId, optionId, digest, content);
  };
  // The page's frame lets no form be submitted: the button, which Enter in an input presses too, does it all.
  const submit = (event: MouseEvent): void => {
    event.preventDefault();
    const { currentTarget: button } = event;
    if (first === undefined || !(button instanceof HTMLButtonElement) || !button.form?.reportValidity())
      return;
    answer(first.optionId, form === undefined ? undefined : contentOf(button.form, fields));
  };
  const keep = ({ currentTarget }: Event): void => {
    if (currentTarget instanceof HTMLFormElement)
      view.act.keepForm(permissionId, contentOf(currentTarget, fields.filter(mayBeKept)));
  };
  // Once, when the form is drawn first: from then on its inputs hold what somebody enters.
  const kept = view.act.keptForm(permissionId);
  return html`<form class="form" @input=${keep}>
    ${fields.map((field, index) => fieldView(field, `${permissionId}-${index}`, kept?.[field.name] ?? field.default))}
    <div class="options">
      ${ask.options.map(({ optionId, name }) => {
        const isFirst = optionId === first?.optionId;
        return html`<button
          class="btn ${isFirst ? 'primary' : ''}"
          type=${isFirst ? 'submit' : 'button'}
          data-option-id=${optionId}
          aria-disabled=${isOff}
          @click=${isFirst ? submit : () => answer(optionId)}
        >
          <span class="grow">${inFull(name)}</span>
        </button>`;
      })}
      ${answerHint(ask, view, t('It waits until someone answers.'))}
    </div>
  </form>`;
}

/** Whether an answer would be taken now: none is on its way, and what is shown is how it is. */
export const canAnswer = ({ permissionId }: Ask, { panel }: View): boolean =>
  !panel.answering.has(permissionId) && isSound({ panel });

/** Why the last answer was refused, and how it stands with the next; `todo` is said when somebody can answer now. */
export function answerHint({ permissionId }: Ask, { panel, open }: View, todo: string): TemplateResult {
  const { refusal, answering } = panel;
  const hint = answering.has(permissionId)
    ? t('Sending your answer.')
    : open.transcript.status === 'stopped'
      ? t('The agent has ended. Your answer counts when its prompt runs again.')
      : todo;
  return html`${refusal?.about === permissionId ? html`<p class="hint warn" role="alert">${refusal.message}</p>` : nothing}
    <p class="hint">${hint}</p>`;
}

/** A secret goes to the agent, and nowhere else. */
const mayBeKept = (field: FormField): boolean => field.type !== 'text' || field.secret !== true;

/** The names of inputs are the names of fields: the content is read from them. */
function fieldView(field: FormField, id: string, value: Value | undefined): TemplateResult {
  const { title, description, required } = field;
  const about =
    description === undefined ? nothing : html`<p class="hint" id="${id}-about">${inFull(description)}</p>`;
  const label = html`${inFull(title)}${required ? html`<span class="needed"> ${t('needed')}</span>` : nothing}`;
  if (field.type === 'choice' || field.type === 'choices') {
    return html`<fieldset class="form-field">
      <legend>${label}</legend>
      ${about} ${field.choices.map((choice) => choiceView(field, choice, value))}
    </fieldset>`;
  }
  if (field.type === 'boolean') {
    return html`<div class="form-field">
      <label class="choice"
        ><input type="checkbox" name=${field.name} ?checked=${value === true} /><span>${label}</span></label
      >
      ${about}
    </div>`;
  }
  return html`<div class="form-field">
    <label for=${id}>${label}</label>${about} ${inputView(field, id, value)}
  </div>`;
}

const INPUTS = { email: 'email', uri: 'url', date: 'date', 'date-time': 'text' } as const;

function inputView(
  field: Extract<FormField, { type: 'text' | 'number' }>,
  id: string,
  value: Value | undefined,
): TemplateResult {
  const text = value === undefined ? '' : String(value);
  if (field.type === 'number') {
    return html`<input
      id=${id}
      type="number"
      name=${field.name}
      step=${field.isInteger ? '1' : 'any'}
      min=${field.minimum ?? nothing}
      max=${field.maximum ?? nothing}
      ?required=${field.required}
      value=${text}
    />`;
  }
  const hint = field.pattern ?? (field.format === 'date-time' ? '2026-11-21T08:00:00Z' : '');
  return html`<input
    id=${id}
    type=${field.secret ? 'password' : field.format === undefined ? 'text' : INPUTS[field.format]}
    name=${field.name}
    placeholder=${hint}
    minlength=${field.minLength ?? nothing}
    maxlength=${field.maxLength ?? nothing}
    ?required=${field.required && (field.minLength ?? 1) > 0}
    value=${text}
    spellcheck="false"
    autocomplete="off"
  />`;
}

function choiceView(
  { type, name, required }: Extract<FormField, { type: 'choice' | 'choices' }>,
  { value, title, description }: Choice,
  kept: Value | undefined,
): TemplateResult {
  const isChosen = Array.isArray(kept) ? kept.includes(value) : kept === value;
  const isOne = type === 'choice';
  return html`<label class="choice"
    ><input
      type=${isOne ? 'radio' : 'checkbox'}
      name=${name}
      value=${value}
      ?required=${required && isOne}
      ?checked=${isChosen}
    /><span
      >${inFull(title)}${description === undefined ? nothing : html`<span class="hint"> ${inFull(description)}</span>`}</span
    ></label
  >`;
}

/** What was entered; an empty input says nothing of its field. */
function contentOf(form: HTMLFormElement, fields: readonly FormField[]): FormContent {
  const data = new FormData(form);
  return Object.fromEntries(
    fields.flatMap((field): [string, Value][] => {
      const { name } = field;
      const texts = data.getAll(name).map(String);
      const text = texts[0] ?? '';
      switch (field.type) {
        case 'boolean':
          return [[name, data.has(name)]];
        case 'choices':
          return texts.length === 0 && !field.required ? [] : [[name, texts]];
        case 'number':
          return text === '' ? [] : [[name, Number(text)]];
        case 'text':
        case 'choice':
          return text === '' && !(field.required && data.has(name)) ? [] : [[name, text]];
      }
    }),
  );
}

function filled(field: FormField, content: FormContent | undefined): TemplateResult | typeof nothing {
  const value = content?.[field.name];
  if (value === undefined) return nothing;
  return html`<div class="fact filled">
    ${icon('check', 'quiet')}<span
      >${inFull(field.title)}: <span class="value">${inFull(worded(field, value))}</span></span
    >
  </div>`;
}

function worded(field: FormField, value: Value): string {
  if (typeof value === 'boolean') return value ? t('yes') : t('no');
  const choices = field.type === 'choice' || field.type === 'choices' ? field.choices : [];
  const titleOf = (one: string): string => choices.find((choice) => choice.value === one)?.title ?? one;
  return Array.isArray(value) ? value.map(titleOf).join(', ') : titleOf(String(value));
}
