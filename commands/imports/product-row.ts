/** One row of a product import: what it may say, how it is read, and which product of a seller it speaks of. */
import { z } from 'zod';
import { type Money, money, priceSchema } from '../../domain/money.ts';
import { imageSchema, productFields, skuSchema } from '../../domain/products/events.ts';
import { line, text } from '../../domain/text.ts';

/** The columns an import knows; others are named once and ignored. */
export const COLUMNS = [
  'id',
  'sku',
  'name',
  'description',
  'brand',
  'categories',
  'price',
  'currency',
  'image',
  'stock',
  'popularity',
] as const;

export type ProductRow = {
  /** Within the seller: the row's `id`, else `sku`, else `image`, else name and brand. */
  readonly key: string;
  readonly sku: string | null;
  readonly name: string;
  readonly description: string;
  readonly brand: string;
  /** From the root. */
  readonly categories: readonly string[];
  readonly price: Money;
  readonly image: string | null;
  /** Units to receive when the row adds a product; undefined: the import's default. */
  readonly stock: number | undefined;
  readonly popularity: number | undefined;
};

export type RowProblem = { readonly code: string; readonly detail: string };

const blank = (value: unknown) => (value === '' || value === null ? undefined : value);
const optional = <S extends z.ZodType>(schema: S) => z.preprocess(blank, schema.optional());
/** A number of JSON, or the digits of a cell. */
const whole = (max: number) =>
  optional(
    z
      .union(
        [
          z.number(),
          z
            .string()
            .regex(/^\d{1,15}$/)
            .transform(Number),
        ],
        { error: 'must be a whole number from 0' },
      )
      .pipe(z.number().int().min(0).max(max)),
  );
/** Text, or the number that a file has in its place. */
const code = z.union([z.string(), z.number().transform(String)], { error: 'must be text or a number' });

const rowSchema = z.object({
  id: optional(code.pipe(text(200, 1))),
  sku: optional(code.pipe(skuSchema)),
  name: productFields.name,
  description: z.preprocess((value) => value ?? '', productFields.description),
  brand: productFields.brand,
  categories: z
    .union([z.array(line(200)), z.string().transform((path) => path.split('>').map((name) => name.trim()))])
    .pipe(z.array(line(200)).min(1).max(10)),
  price: code,
  currency: optional(z.string()),
  image: optional(imageSchema.shape.url),
  stock: whole(1_000_000),
  popularity: whole(1_000_000_000),
});

/** Reads a row; `currency` is what it has when it names none. A row that is wrong comes back as its problem. */
export function parseProductRow(raw: Readonly<Record<string, unknown>>, currency: string): ProductRow | RowProblem {
  const parsed = rowSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { code: 'invalid', detail: `${issue?.path.join('.') || 'row'}: ${issue?.message ?? 'is wrong'}` };
  }
  const row = parsed.data;
  const price = parsePrice(row.price, row.currency ?? currency);
  if ('code' in price) return price;
  return {
    key: keyOf(row),
    sku: row.sku ?? null,
    name: row.name,
    description: row.description,
    brand: row.brand,
    categories: row.categories,
    price,
    image: row.image ?? null,
    stock: row.stock,
    popularity: row.popularity,
  };
}

/** Whether reading a row failed. */
export function isRowProblem(row: ProductRow | RowProblem): row is RowProblem {
  return 'code' in row;
}

function keyOf(row: z.output<typeof rowSchema>): string {
  if (row.id !== undefined) return `id:${row.id}`;
  if (row.sku !== undefined) return `sku:${row.sku}`;
  if (row.image !== undefined) return `image:${row.image}`;
  return `name:${JSON.stringify([row.name, row.brand])}`;
}

/** A decimal price to minor units, without floating point: `"19.99"` USD is 1999, `"500"` JPY is 500. */
function parsePrice(price: string, currency: string): Money | RowProblem {
  if (!isCurrency(currency)) {
    return { code: 'invalid', detail: `currency: ${currency} is not an ISO 4217 code such as USD` };
  }
  const digits = minorDigits(currency);
  const match = /^(\d{1,10})(?:\.(\d+))?$/.exec(price.trim());
  const fraction = (match?.[2] ?? '').replace(/0+$/, '');
  if (!match || fraction.length > digits) {
    return {
      code: 'invalid',
      detail: `price: ${price} is not a decimal number with at most ${digits} places (${currency})`,
    };
  }
  const parsed = priceSchema.safeParse(money(Number(`${match[1]}${fraction.padEnd(digits, '0')}`), currency));
  return parsed.success ? parsed.data : { code: 'invalid', detail: `price: ${price} is more than Souk can count` };
}

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Whether the runtime's ISO 4217 table has it. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

/** Decimal places of a currency, from the runtime's ISO 4217 table. */
function minorDigits(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}
