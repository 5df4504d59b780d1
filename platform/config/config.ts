/** The settings of a process: read from the environment once, all of what is wrong with them told at once. */
import { isAbsolute, resolve } from 'node:path';
import { nearestName } from './nearest-name.ts';
import { LATER_ENGINES, VARIABLES, type VariableName, type Variables } from './variables.ts';

/** Which processes this one is: all in one, or one of them alone. */
export type Role = 'all' | 'write-api' | 'read-api' | 'workers' | 'projections' | 'cli';

export type Config = {
  readonly role: Role;
  readonly environment: 'development' | 'test' | 'production';
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Without a slash at its end; where none is given, what we listen on. */
  readonly publicUrl: string;
  readonly corsOrigins: readonly string[];
  /** Undefined: the embedded engine. */
  readonly databaseUrl?: string;
  /** Undefined: the log is in Postgres. */
  readonly eventStoreUrl?: string;
  /** Nodes; undefined: carts, rate limits and product pages are served from Postgres. */
  readonly redisUrls?: readonly string[];
  /** Undefined: search is in Postgres. */
  readonly typesense?: { readonly urls: readonly string[]; readonly apiKey: string };
  /** Absolute. */
  readonly dataDir: string;
  /** `demo` fills an empty store. */
  readonly seed: 'none' | 'demo';
  readonly admin?: { readonly email: string; readonly password: string };
  /** 32 bytes; undefined: made and kept under the data folder, by `masterKeyOf`. */
  readonly masterKey?: Buffer;
  readonly checkoutDeadlineS: number;
  /** A guest's cart that nobody touched for so long is abandoned. */
  readonly guestCartDays: number;
  /** ISO 3166-1 alpha-2 to basis points: 825 is 8.25 %. */
  readonly taxBasisPoints: Readonly<Record<string, number>>;
  /** Minor units, in whatever currency the cart has. */
  readonly shippingFlat: number;
  readonly payments: 'sandbox' | 'none';
  /** Who the souk command acts as. */
  readonly actor?: string;
  readonly rateLimit: boolean;
  /** Proxies of our own between the clients and this process. */
  readonly trustProxy: number;
  readonly logLevel: Variables['LOG_LEVEL'];
  /** What is odd but no reason to stop; log it once a logger is there. */
  readonly warnings: readonly string[];
};

/** Settings that cannot be used; each problem names its variable and what it should be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings in the environment cannot be used:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

const DEFAULT_PORTS: Readonly<Record<Role, number>> = {
  all: 8_080,
  'write-api': 8_081,
  'read-api': 8_082,
  workers: 8_083,
  projections: 8_084,
  cli: 0,
};

const TOGETHER = [
  ['SOUK_ADMIN_EMAIL', 'SOUK_ADMIN_PASSWORD'],
  ['TYPESENSE_URL', 'TYPESENSE_API_KEY'],
] as const;

/** Reads the settings; throws ConfigError with every problem. An empty variable counts as not set. */
export function loadConfig(env: NodeJS.ProcessEnv, role: Role = 'all'): Config {
  const problems: string[] = [];
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const values = parseAll(set, problems);
  problems.push(...laterEngines(set), ...(role === 'cli' ? [] : productionProblems(values)));
  for (const [one, other] of TOGETHER) {
    if (one in set !== other in set) problems.push(`${one} and ${other} belong together; set both or neither`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...configOf(values, role), warnings: unknownNames(set) };
}

function parseAll(set: Record<string, string | undefined>, problems: string[]): Variables {
  const values: Partial<Record<VariableName, unknown>> = {};
  for (const [name, { schema, shouldBe }] of Object.entries(VARIABLES)) {
    const parsed = schema.safeParse(set[name]);
    if (parsed.success) values[name as VariableName] = parsed.data;
    // The value is not repeated: it may be a secret.
    else problems.push(`${name} should be ${shouldBe}`);
  }
  return values as Variables;
}

function laterEngines(set: Record<string, string | undefined>): string[] {
  return Object.entries(LATER_ENGINES)
    .filter(([name]) => name in set)
    .map(([name, engine]) => `${name} is set, but this version does not have ${engine} yet; unset ${name}`);
}

function productionProblems(values: Variables): string[] {
  if (values.NODE_ENV !== 'production') return [];
  const problems: string[] = [];
  if (!values.SOUK_MASTER_KEY)
    problems.push(`SOUK_MASTER_KEY is missing; in production it should be ${VARIABLES.SOUK_MASTER_KEY.shouldBe}`);
  if (!values.DATABASE_URL)
    problems.push(`DATABASE_URL is missing; in production it should be ${VARIABLES.DATABASE_URL.shouldBe}`);
  if (values.SOUK_PAYMENTS === 'sandbox')
    problems.push('SOUK_PAYMENTS should not be sandbox in production: nobody would be charged; use none');
  if (values.SOUK_SEED === 'demo')
    problems.push('SOUK_SEED should not be demo in production: its accounts are public; use none');
  return problems;
}

function unknownNames(set: Record<string, string | undefined>): string[] {
  const names = Object.keys(VARIABLES);
  return Object.keys(set)
    .filter((name) => name.startsWith('SOUK_') && !name.startsWith('SOUK_TEST_') && !names.includes(name))
    .map((name) => {
      const nearest = nearestName(name, names);
      return `${name} is not a setting of Souk and is ignored${nearest ? `; did you mean ${nearest}?` : ''}`;
    });
}

function configOf(values: Variables, role: Role): Omit<Config, 'warnings'> {
  const production = values.NODE_ENV === 'production';
  const port = values.PORT ?? DEFAULT_PORTS[role];
  const { SOUK_ADMIN_EMAIL: email, SOUK_ADMIN_PASSWORD: password } = values;
  return {
    role,
    environment: values.NODE_ENV,
    host: values.HOST,
    port,
    // Workers alone serve no webhooks: the write API beside them does.
    publicUrl:
      values.PUBLIC_URL ??
      `http://${publicHost(values.HOST)}:${role === 'workers' ? DEFAULT_PORTS['write-api'] : port}`,
    corsOrigins: values.CORS_ORIGINS,
    ...(values.DATABASE_URL === undefined ? {} : { databaseUrl: values.DATABASE_URL }),
    dataDir: isAbsolute(values.SOUK_DATA_DIR) ? values.SOUK_DATA_DIR : resolve(values.SOUK_DATA_DIR),
    ...enginesOf(values),
    // The demo is for whoever tries the embedded shop; engines somebody names are theirs to fill.
    seed: values.SOUK_SEED ?? (production || namesTruth(values) ? 'none' : 'demo'),
    ...(email !== undefined && password !== undefined ? { admin: { email, password } } : {}),
    ...(values.SOUK_MASTER_KEY === undefined ? {} : { masterKey: values.SOUK_MASTER_KEY }),
    checkoutDeadlineS: values.SOUK_CHECKOUT_DEADLINE_S,
    guestCartDays: values.SOUK_GUEST_CART_DAYS,
    taxBasisPoints: values.SOUK_TAX_RATES,
    shippingFlat: values.SOUK_SHIPPING_FLAT,
    payments: values.SOUK_PAYMENTS ?? (production ? 'none' : 'sandbox'),
    ...(values.SOUK_ACTOR === undefined ? {} : { actor: values.SOUK_ACTOR }),
    rateLimit: values.RATE_LIMIT === 'on',
    trustProxy: values.TRUST_PROXY,
    logLevel: values.LOG_LEVEL,
  };
}

/** Whether somebody chose where the log is. */
function namesTruth({ DATABASE_URL, EVENTSTORE_URL }: Variables): boolean {
  return DATABASE_URL !== undefined || EVENTSTORE_URL !== undefined;
}

/** The engines that stand beside Postgres. */
function enginesOf(values: Variables): Pick<Config, 'eventStoreUrl' | 'redisUrls' | 'typesense'> {
  const { EVENTSTORE_URL, REDIS_URL, TYPESENSE_URL: urls, TYPESENSE_API_KEY: apiKey } = values;
  return {
    ...(EVENTSTORE_URL === undefined ? {} : { eventStoreUrl: EVENTSTORE_URL }),
    ...(REDIS_URL === undefined ? {} : { redisUrls: REDIS_URL }),
    ...(urls === undefined || apiKey === undefined ? {} : { typesense: { urls, apiKey } }),
  };
}

function publicHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
