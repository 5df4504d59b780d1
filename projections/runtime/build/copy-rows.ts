/** Rows of a projection as COPY takes them; every value lands as the one of `applyStatement` would. */
import { copyText } from '../../../platform/postgres/copy-in.ts';
import type { Stamped } from '../fold.ts';
import { columnsOf, tableOf } from '../table.ts';
import type { Projection } from '../types.ts';

type Encode = (value: unknown) => string;

/** The statement, and how a row is written for it. */
export type CopyOfRows = { readonly sql: string; readonly encode: (rows: readonly Stamped[]) => string };

export function copyOfRows(projection: Projection, schema: string): CopyOfRows {
  const columns = Object.entries(columnsOf(projection)).map(([name, type]) => ({ name, encode: encoderOf(type) }));
  const names = columns.map(({ name }) => name).join(', ');
  return {
    sql: `copy ${tableOf(projection, schema)} (${names}) from stdin`,
    encode(rows) {
      let text = '';
      for (const row of rows) {
        let between = '';
        for (const { name, encode } of columns) {
          text += between + encode(row[name]);
          between = '\t';
        }
        text += '\n';
      }
      return text;
    },
  };
}

function encoderOf(type: string): Encode {
  if (type === 'jsonb' || type === 'json') return encodeJson;
  if (type.endsWith('[]')) return encodeArray;
  return encodeScalar;
}

/** A string is itself; what else it may be is written as JSON has it, which is how the other way reads it. */
function encodeScalar(value: unknown): string {
  if (typeof value === 'string') return copyText(value);
  return encodeJson(value);
}

function encodeJson(value: unknown): string {
  return copyText(value === undefined || value === null ? null : (JSON.stringify(value) ?? null));
}

function encodeArray(value: unknown): string {
  if (!Array.isArray(value)) return copyText(null);
  const items = value.map((item) => (item === null ? 'null' : `"${String(item).replace(/["\\]/g, '\\$&')}"`));
  return copyText(`{${items.join(',')}}`);
}
