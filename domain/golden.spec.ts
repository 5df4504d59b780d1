/**
 * The log cannot be mended: every version of every event that was ever written must stay readable. `events.golden.json`
 * holds one of each as it was stored, with the schema it was written by. Entries are added, never changed.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { decodeEvent, definitionOf, type EventType, eventDefinitions } from './event-registry.ts';

type Golden = Record<string, Record<string, { schema: unknown; example: unknown }>>;

const golden: Golden = JSON.parse(readFileSync(new URL('events.golden.json', import.meta.url), 'utf8'));
const types = Object.keys(eventDefinitions) as EventType[];
const entries = Object.entries(golden).flatMap(([type, versions]) =>
  Object.entries(versions).map(([version, entry]) => ({ type, version: Number(version), ...entry })),
);

describe('the golden file', () => {
  it.each(types)('has every version of %s', (type) => {
    const versions = Array.from({ length: eventDefinitions[type].version }, (_, index) => String(index + 1));
    expect(Object.keys(golden[type] ?? {})).toEqual(versions);
  });

  it('has no event that can no longer be read: types are kept for ever', () => {
    expect(entries.filter(({ type, version }) => version > (definitionOf(type)?.version ?? 0))).toEqual([]);
  });
});

describe('what was written', () => {
  it.each(entries)('is read: $type version $version', ({ type, version, example }) => {
    expect(decodeEvent(type, version, example).type).toBe(type);
  });

  it.each(entries.filter(({ type, version }) => version === definitionOf(type)?.version))(
    'is read unchanged at its own version: $type',
    ({ type, version, example }) => expect(decodeEvent(type, version, example).data).toEqual(example),
  );
});

describe('a schema', () => {
  // Where this fails: raise the version, add an upcast from the old one, and add the new schema with an example to the
  // golden file. The schema to add is what was received.
  it.each(types)('does not change without a new version: %s', (type) => {
    const { version, schema } = eventDefinitions[type];
    expect(JSON.parse(JSON.stringify(z.toJSONSchema(schema)))).toEqual(golden[type]?.[String(version)]?.schema);
  });
});
