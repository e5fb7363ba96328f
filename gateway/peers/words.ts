// Bytes as words that can be read out and typed: each stands for two bytes, consonants and vowels in turn, as in "lusab".
import { createHash } from 'node:crypto';

const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aiou';
/** Each letter of a word by how many of its 16 bits it has: five letters in all. */
const LETTERS = [CONSONANTS, VOWELS, CONSONANTS, VOWELS, CONSONANTS].map((letters) => ({
  letters,
  bits: Math.log2(letters.length),
}));
const WORD = new RegExp(`^${LETTERS.map(({ letters }) => `[${letters}]`).join('')}$`);
const CHECK_BYTES = 2;

/** An even number of bytes, and a check of them, as words. */
export function writeWords(content: Buffer): string {
  const bytes = Buffer.concat([content, checkOf(content)]);
  const words = Array.from({ length: bytes.length / 2 }, (_, index) => wordOf(bytes.readUInt16BE(index * 2)));
  return words.join(' ');
}

/**
 * The bytes, or what is wrong with the words. However they are separated, and in capitals too; undefined: there is no text
 * that could be meant as words.
 */
export function readWords(text: string, length: number): Buffer | string | undefined {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  const wanted = (length + CHECK_BYTES) / 2;
  if (!words.some((word) => WORD.test(word)) || /[^a-z\s.,;-]/i.test(text)) return undefined;
  const wrong = words.findIndex((word) => !WORD.test(word));
  if (wrong >= 0) return `Word ${wrong + 1}, "${words[wrong]?.slice(0, 40)}", is none of a code.`;
  if (words.length !== wanted) return `A code has ${wanted} words; these are ${words.length}.`;
  const bytes = Buffer.alloc(wanted * 2);
  for (const [index, word] of words.entries()) bytes.writeUInt16BE(numberOf(word), index * 2);
  const content = bytes.subarray(0, length);
  if (checkOf(content).equals(bytes.subarray(length))) return content;
  return 'A word is wrong, or two have changed places.';
}

function wordOf(number: number): string {
  let left = 16;
  return LETTERS.map(({ letters, bits }) => letters[(number >> (left -= bits)) % letters.length]).join('');
}

const numberOf = (word: string): number =>
  LETTERS.reduce(
    (number, { letters, bits }, index) => (number << bits) | letters.indexOf(word[index] ?? ''),
    0,
  );

const checkOf = (content: Buffer): Buffer =>
  createHash('sha256').update('holdfast words').update(content).digest().subarray(0, CHECK_BYTES);
