/** Every variable of the environment that Souk reads: its default, and what it should be. */
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const url = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ''));
const wholeNumber = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

/** 32 bytes, as 64 hex digits or 44 characters of base64 (or base64url). */
const masterKey = z.string().transform((text, context) => {
  const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (bytes.length === 32 && (/^[0-9a-f]{64}$/i.test(text) || /^[\w+/-]{43}=?$/.test(text))) return bytes;
  context.addIssue({ code: 'custom', message: 'not 32 bytes' });
  return z.NEVER;
});

/** `US=8.25,GB=20` in percent to basis points by country; computed on digits, as 8.25 × 100 is not whole in floats. */
const taxRates = z.string().transform((text, context) => {
  const rates: Record<string, number> = {};
  for (const part of text.split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const match = /^([A-Z]{2})=(\d{1,2}|100)(?:\.(\d{1,2}))?$/.exec(part);
    const points = match ? Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0')) : Number.NaN;
    if (!match?.[1] || points > 10_000 || match[1] in rates) {
      context.addIssue({ code: 'custom', message: `bad part: ${part}` });
      return z.NEVER;
    }
    rates[match[1]] = points;
  }
  return rates;
});

const origins = z.string().transform((text, context) => {
  const list = text.split(',').map((piece) => piece.trim().replace(/\/$/, ''));
  const wanted = list.filter((piece) => piece !== '');
  for (const origin of wanted) {
    if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) continue;
    context.addIssue({ code: 'custom', message: `not an origin: ${origin}` });
    return z.NEVER;
  }
  return wanted;
});

/** Several nodes of one engine: URLs of one kind with commas between. */
const nodeUrls = (protocol: RegExp) =>
  z.string().transform((text, context) => {
    const urls = text.split(',').map((piece) => piece.trim());
    if (urls.every((url) => URL.canParse(url) && protocol.test(new URL(url).protocol))) return urls;
    context.addIssue({ code: 'custom', message: 'not such URLs' });
    return z.NEVER;
  });

const databaseUrl = z.string().refine((text) => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol));

type Variable = {
  readonly schema: z.ZodType;
  /** What a person is told it should be. */
  readonly shouldBe: string;
};

/** By name; a schema without a default or `.optional()` would be required, and none is. */
export const VARIABLES = {
  NODE_ENV: {
    schema: z.enum(['development', 'test', 'production']).default('development'),
    shouldBe: 'development, test or production',
  },
  HOST: {
    schema: z.string().min(1).default('127.0.0.1'),
    shouldBe: 'the address to listen on, as 127.0.0.1 or 0.0.0.0',
  },
  PORT: { schema: port.optional(), shouldBe: 'a port from 0 (any free one) to 65535' },
  PUBLIC_URL: {
    schema: url.optional(),
    shouldBe: 'the http(s) URL clients reach the shop at, as https://shop.example',
  },
  CORS_ORIGINS: {
    schema: origins.default([]),
    shouldBe: 'origins with commas between, as https://shop.example,https://admin.example, or *',
  },
  DATABASE_URL: { schema: databaseUrl.optional(), shouldBe: 'a URL as postgres://user:password@host:5432/database' },
  EVENTSTORE_URL: {
    // With several hosts it is no URL that could be parsed as one; the engine's client reads the rest.
    schema: z
      .string()
      .regex(/^esdb(\+discover)?:\/\/\S+$/)
      .optional(),
    shouldBe: 'a connection string as esdb://user:password@host:2113?tls=true or esdb+discover://host:2113',
  },
  REDIS_URL: {
    schema: nodeUrls(/^rediss?:$/).optional(),
    shouldBe: 'a URL as redis://user:password@host:6379/0; of a cluster several, with commas between',
  },
  TYPESENSE_URL: {
    schema: nodeUrls(/^https?:$/).optional(),
    shouldBe: 'a URL as http://host:8108; of a cluster several, with commas between',
  },
  TYPESENSE_API_KEY: { schema: z.string().min(1).optional(), shouldBe: 'the API key of the Typesense server' },
  SOUK_GUEST_CART_DAYS: {
    schema: wholeNumber.pipe(z.number().min(1).max(365)).default(30),
    shouldBe: 'whole days from 1 to 365 after which a guest’s cart that nobody touched is abandoned',
  },
  SOUK_DATA_DIR: {
    schema: z.string().min(1).default('.souk'),
    shouldBe: 'the folder for the embedded engines and secrets',
  },
  SOUK_SEED: { schema: z.enum(['none', 'demo']).optional(), shouldBe: 'none or demo' },
  SOUK_ADMIN_EMAIL: { schema: z.email().optional(), shouldBe: 'the e-mail address of the first administrator' },
  SOUK_ADMIN_PASSWORD: {
    schema: z.string().min(10).max(256).optional(),
    shouldBe: 'the password of the first administrator, 10 to 256 characters',
  },
  SOUK_MASTER_KEY: {
    schema: masterKey.optional(),
    shouldBe: '32 bytes as hex or base64; make one with: openssl rand -hex 32',
  },
  SOUK_CHECKOUT_DEADLINE_S: {
    schema: wholeNumber.pipe(z.number().min(1).max(604_800)).default(900),
    shouldBe: 'whole seconds from 1 to 604800',
  },
  SOUK_TAX_RATES: {
    schema: taxRates.default({ US: 825, GB: 2_000, DE: 1_900 }),
    shouldBe: 'percent by country with at most 2 decimals, as US=8.25,GB=20,DE=19',
  },
  SOUK_SHIPPING_FLAT: { schema: wholeNumber.default(499), shouldBe: 'whole minor units (cents), as 499' },
  SOUK_PAYMENTS: { schema: z.enum(['sandbox', 'none']).optional(), shouldBe: 'sandbox or none' },
  SOUK_ACTOR: {
    schema: z.string().min(1).max(200).optional(),
    shouldBe: 'the name the souk command acts under, up to 200 characters',
  },
  TRUST_PROXY: {
    schema: wholeNumber.pipe(z.number().max(10)).default(0),
    shouldBe: 'the number of proxies in front that we run ourselves, from 0 to 10',
  },
  RATE_LIMIT: { schema: z.enum(['on', 'off']).default('on'), shouldBe: 'on or off' },
  LOG_LEVEL: {
    schema: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
    shouldBe: 'silent, fatal, error, warn, info, debug or trace',
  },
} satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;
export type Variables = { [Name in VariableName]: z.output<(typeof VARIABLES)[Name]['schema']> };

/** Engines that are named in the design and not built yet: set, they would be silently ignored. */
export const LATER_ENGINES: Readonly<Record<string, string>> = {
  SMTP_URL: 'an SMTP engine; mail is not sent',
};
