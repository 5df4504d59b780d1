/** Conditional requests (RFC 9110, 13): tags are `"<revision>.<digest>"`; If-Match looks at the revision alone. */
import { createHash } from 'node:crypto';
import { malformed } from './problem.ts';

// No stream is ever there: what If-Match names is nothing we gave out.
const NEVER = -2;
const TAG = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;

/** The strong tag of an answer: the stream's revision, and a digest of the bytes sent. */
export function entityTag(revision: number, bytes: string): string {
  return `"${revision}.${createHash('sha256').update(bytes).digest('base64url').slice(0, 16)}"`;
}

/** Revisions that `If-Match` allows; undefined: no condition. Throws 400 for what is not a list of tags. */
export function parseIfMatch(header: string | undefined): readonly number[] | undefined {
  const tags = parseTags('If-Match', header);
  if (tags === undefined || tags === '*') return undefined;
  // Strong comparison: a weak tag matches nothing (RFC 9110, 13.1.1).
  const revisions = tags.map(({ weak, value }) => (weak ? NEVER : revisionOf(value)));
  return [...new Set(revisions)];
}

/** Whether `If-None-Match` names the tag: the client has it already. */
export function isNotModified(header: string | undefined, tag: string): boolean {
  const tags = parseTags('If-None-Match', header);
  if (tags === undefined) return false;
  return tags === '*' || tags.some(({ value }) => `"${value}"` === tag);
}

type Tag = { readonly weak: boolean; readonly value: string };

function parseTags(name: string, header: string | undefined): readonly Tag[] | '*' | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return '*';
  return header.split(',').map((part) => {
    const match = TAG.exec(part.trim());
    if (match === null) throw malformed(`${name} is * or a list of tags in double quotes, as ETag gave them.`);
    return { weak: match[1] !== undefined, value: match[2] ?? '' };
  });
}

function revisionOf(tag: string): number {
  const match = /^(\d{1,15})\./.exec(tag);
  return match?.[1] === undefined ? NEVER : Number(match[1]);
}
