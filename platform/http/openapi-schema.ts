/** Zod schemas as JSON Schema that can stand inside an OpenAPI document. */
import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** Schemas that refer to themselves, by name: they stand under `components.schemas`. */
export type Hoisted = Map<string, JsonSchema>;

/** `input`: as a client sends it; `output`: as we answer it. `name` is used where the schema must be referred to. */
export function jsonSchemaOf(
  schema: z.ZodType,
  options: { readonly io: 'input' | 'output'; readonly name: string; readonly hoisted: Hoisted },
): JsonSchema {
  const made = z.toJSONSchema(schema, { io: options.io, unrepresentable: 'any' }) as JsonSchema;
  const { $schema: _dialect, ...plain } = made;
  if (!JSON.stringify(plain).includes('"$ref":"#')) return plain;
  // A recursive schema refers to its own root: inside a document that root is the document.
  const root = `#/components/schemas/${options.name}`;
  options.hoisted.set(options.name, rewrite(plain, root) as JsonSchema);
  return { $ref: root };
}

function rewrite(value: unknown, root: string): unknown {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, root));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      key === '$ref' && typeof field === 'string' ? field.replace(/^#/, root) : rewrite(field, root),
    ]),
  );
}
