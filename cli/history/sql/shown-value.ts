/** Values of DuckDB as text, for tables and CSV, and as JSON: exact, with times in RFC 3339. */
import {
  DuckDBArrayValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  DuckDBUnionValue,
  type DuckDBValue,
} from '@duckdb/node-api';

/** As text: null where there is none; what has parts as JSON. */
export function textOf(value: DuckDBValue, type: DuckDBType): string | null {
  if (value === null || value === undefined) return null;
  if (isNested(value)) return jsonOf(value, type);
  return typeof value === 'string' ? value : plain(value);
}

/** As JSON text: integers and decimals of any size with all their digits, JSON as what it says. */
export function jsonOf(value: DuckDBValue, type: DuckDBType): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint' || value instanceof DuckDBDecimalValue)
    return String(value);
  if (typeof value === 'number') return JSON.stringify(Number.isFinite(value) ? value : String(value));
  if (typeof value === 'string') return type.alias === 'JSON' ? value : JSON.stringify(value);
  if (isNested(value)) return nested(value, type);
  return JSON.stringify(plain(value));
}

type Nested = DuckDBListValue | DuckDBArrayValue | DuckDBStructValue | DuckDBMapValue | DuckDBUnionValue;

function isNested(value: DuckDBValue): value is Nested {
  return (
    value instanceof DuckDBListValue ||
    value instanceof DuckDBArrayValue ||
    value instanceof DuckDBStructValue ||
    value instanceof DuckDBMapValue ||
    value instanceof DuckDBUnionValue
  );
}

function nested(value: Nested, type: DuckDBType): string {
  if (value instanceof DuckDBStructValue && type.typeId === DuckDBTypeId.STRUCT) {
    return objectOf(
      type.entryNames.map((name, at) => [name, value.entries[name] ?? null, type.entryTypes[at] ?? type]),
    );
  }
  if (value instanceof DuckDBMapValue && type.typeId === DuckDBTypeId.MAP) {
    const { keyType, valueType } = type;
    return objectOf(value.entries.map((entry) => [textOf(entry.key, keyType) ?? '', entry.value, valueType]));
  }
  if (value instanceof DuckDBUnionValue && type.typeId === DuckDBTypeId.UNION) {
    return jsonOf(value.value, type.memberTypes[type.memberTags.indexOf(value.tag)] ?? type);
  }
  const listed = type.typeId === DuckDBTypeId.LIST || type.typeId === DuckDBTypeId.ARRAY;
  if ((value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) && listed) {
    return `[${value.items.map((item) => jsonOf(item, type.valueType)).join(',')}]`;
  }
  return JSON.stringify(String(value));
}

function objectOf(members: readonly (readonly [string, DuckDBValue, DuckDBType])[]): string {
  return `{${members.map(([name, value, type]) => `${JSON.stringify(name)}:${jsonOf(value, type)}`).join(',')}}`;
}

function plain(value: Exclude<DuckDBValue, string | null | undefined>): string {
  if (value instanceof DuckDBTimestampTZValue) return value.isFinite ? `${instantOf(value.micros)}Z` : String(value);
  if (value instanceof DuckDBTimestampValue) return value.isFinite ? instantOf(value.micros) : String(value);
  return OTHER_TIMESTAMPS.some((kind) => value instanceof kind) ? String(value).replace(' ', 'T') : String(value);
}

const OTHER_TIMESTAMPS = [
  DuckDBTimestampSecondsValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
];

/** `2026-03-01T12:00:00.000`, as the log writes it; with microseconds where there are any. */
function instantOf(micros: bigint): string {
  const DAY = 86_400_000_000n;
  const inDay = ((micros % DAY) + DAY) % DAY;
  const day = new DuckDBDateValue(Number((micros - inDay) / DAY));
  const [seconds, fraction] = [inDay / 1_000_000n, String(inDay % 1_000_000n).padStart(6, '0')];
  const two = (number: bigint) => String(number).padStart(2, '0');
  const time = `${two(seconds / 3_600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return `${day}T${time}.${fraction.endsWith('000') ? fraction.slice(0, 3) : fraction}`;
}
