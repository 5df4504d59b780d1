/** What can be told of events from their schemas alone, without looking at each of millions. */
import { z } from 'zod';
import { definitionOf } from './event-registry.ts';

const texts = new Map<string, string>();

/** Today's schema of a type as JSON Schema; empty for a type that is not known. */
export function schemaText(type: string): string {
  const known = texts.get(type);
  if (known !== undefined) return known;
  const definition = definitionOf(type);
  const text = definition ? JSON.stringify(z.toJSONSchema(definition.schema, { unrepresentable: 'any' })) : '';
  texts.set(type, text);
  return text;
}

const personal = new Map<string, boolean>();

/** Whether decoded events of a type may hold anything sealed. */
export function holdsPersonal(type: string): boolean {
  const known = personal.get(type);
  if (known !== undefined) return known;
  const found = schemaText(type).includes('"$sealed"');
  personal.set(type, found);
  return found;
}
