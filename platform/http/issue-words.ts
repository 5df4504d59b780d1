/** What somebody reads whose field does not fit, where its schema has no words of its own: what is wanted, plainly. */
import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** An error map of zod; undefined leaves the words to zod. */
export function issueWords(issue: Issue): string | undefined {
  if (issue.input === undefined) return missing(issue);
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_value': {
      const wanted = wantedBy(issue);
      return wanted === undefined ? undefined : `must be ${wanted}`;
    }
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    default:
      return undefined;
  }
}

function missing(issue: Issue): string {
  const wanted = wantedBy(issue);
  return wanted === undefined ? 'is missing' : `is missing: it is ${wanted}`;
}

function wantedBy(issue: Issue): string | undefined {
  if (issue.code === 'invalid_type') return KINDS[issue.expected];
  if (issue.code !== 'invalid_value') return undefined;
  const values = issue.values.map(String);
  return values.length === 1 ? values[0] : `one of ${values.join(', ')}`;
}

function tooSmall({ origin, minimum, inclusive }: Extract<Issue, { code: 'too_small' }>): string {
  const unit = unitOf(origin);
  if (unit === undefined) return inclusive === false ? `must be more than ${minimum}` : `must be ${minimum} or more`;
  return minimum === 1 || minimum === 1n ? 'must not be empty' : `must have ${minimum} ${unit} at least`;
}

function tooBig({ origin, maximum, inclusive }: Extract<Issue, { code: 'too_big' }>): string {
  const unit = unitOf(origin);
  if (unit === undefined) return inclusive === false ? `must be less than ${maximum}` : `must be ${maximum} or less`;
  return `must have ${maximum} ${unit} at most`;
}

function unitOf(origin: string): string | undefined {
  if (origin === 'string') return 'characters';
  return origin === 'array' || origin === 'set' ? 'items' : undefined;
}
