import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from './config.ts';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://souk:x@db:5432/souk',
  SOUK_MASTER_KEY: 'ab'.repeat(32),
};

describe('defaults', () => {
  it('needs nothing: the embedded engine, the sandbox and the demo', () => {
    expect(loadConfig({})).toEqual({
      role: 'all',
      environment: 'development',
      host: '127.0.0.1',
      port: 8080,
      publicUrl: 'http://127.0.0.1:8080',
      corsOrigins: [],
      dataDir: resolve('.souk'),
      seed: 'demo',
      checkoutDeadlineS: 900,
      guestCartDays: 30,
      taxBasisPoints: { US: 825, GB: 2000, DE: 1900 },
      shippingFlat: 499,
      payments: 'sandbox',
      rateLimit: true,
      trustProxy: 0,
      logLevel: 'info',
      warnings: [],
    });
  });

  it('gives each role a port of its own, so that they run side by side', () => {
    const ports = (['all', 'write-api', 'read-api', 'workers', 'projections'] as const).map(
      (role) => loadConfig({}, role).port,
    );
    expect(ports).toEqual([8_080, 8_081, 8_082, 8_083, 8_084]);
  });

  it('lets workers alone send webhooks to the write API beside them, as they serve none', () => {
    expect(loadConfig({}, 'workers').publicUrl).toBe('http://127.0.0.1:8081');
    expect(loadConfig({ PUBLIC_URL: 'https://shop.example/' }, 'workers').publicUrl).toBe('https://shop.example');
  });

  it('does not fill a database that somebody named', () => {
    expect(loadConfig({ DATABASE_URL: 'postgresql://u@h/d' }).seed).toBe('none');
  });

  it('takes engines beside Postgres by their URLs, and fills none that somebody named', () => {
    const engines = loadConfig({
      EVENTSTORE_URL: 'esdb+discover://admin:x@one:2113,two:2113?tls=true',
      REDIS_URL: 'redis://one:6379, redis://two:6379',
      TYPESENSE_URL: 'http://localhost:8108',
      TYPESENSE_API_KEY: 'xyz',
    });
    expect(engines).toMatchObject({
      eventStoreUrl: 'esdb+discover://admin:x@one:2113,two:2113?tls=true',
      redisUrls: ['redis://one:6379', 'redis://two:6379'],
      typesense: { urls: ['http://localhost:8108'], apiKey: 'xyz' },
      seed: 'none',
    });
  });

  it('takes an empty variable as one that is not set', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: '', REDIS_URL: '' }).port).toBe(8080);
  });
});

describe('tax rates', () => {
  it('are basis points, exact at two decimals', () => {
    const { taxBasisPoints } = loadConfig({ SOUK_TAX_RATES: 'US=8.25, GB=20,FR=5.5,CH=8.1,SE=0.07,XX=100' });
    expect(taxBasisPoints).toEqual({ US: 825, GB: 2000, FR: 550, CH: 810, SE: 7, XX: 10_000 });
  });

  it.each(['US=8.255', 'us=8', 'USA=8', 'US=-1', 'US=101', 'US=100.01', 'US', 'US=1,US=2', 'US=1e1'])(
    'refuse %s',
    (text) => {
      expect(problemsOf({ SOUK_TAX_RATES: text })).toEqual([
        'SOUK_TAX_RATES should be percent by country with at most 2 decimals, as US=8.25,GB=20,DE=19',
      ]);
    },
  );
});

describe('the master key', () => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7));

  it.each(['hex', 'base64', 'base64url'] as const)('is 32 bytes as %s', (encoding) => {
    expect(loadConfig({ SOUK_MASTER_KEY: bytes.toString(encoding) }).masterKey).toEqual(bytes);
  });

  it.each([bytes.subarray(1).toString('hex'), bytes.subarray(1).toString('base64'), 'secret', `${'z'.repeat(63)}!`])(
    'is refused otherwise, without being repeated',
    (text) => {
      const problems = problemsOf({ SOUK_MASTER_KEY: text });
      expect(problems).toEqual([
        'SOUK_MASTER_KEY should be 32 bytes as hex or base64; make one with: openssl rand -hex 32',
      ]);
    },
  );
});

describe('the proxies in front', () => {
  it('are counted, none unless said', () => {
    expect(loadConfig({ TRUST_PROXY: '2' }).trustProxy).toBe(2);
  });

  it.each(['true', '-1', '1.5', '11', '10.0.0.0/8'])('are not %s', (text) => {
    expect(problemsOf({ TRUST_PROXY: text })).toEqual([
      'TRUST_PROXY should be the number of proxies in front that we run ourselves, from 0 to 10',
    ]);
  });
});

describe('what cannot be used', () => {
  it('is told all at once, each by its name', () => {
    const problems = problemsOf({
      PORT: '99999',
      LOG_LEVEL: 'loud',
      RATE_LIMIT: 'maybe',
      SOUK_CHECKOUT_DEADLINE_S: '0',
      SOUK_SHIPPING_FLAT: '4.99',
    });
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'LOG_LEVEL',
      'PORT',
      'RATE_LIMIT',
      'SOUK_CHECKOUT_DEADLINE_S',
      'SOUK_SHIPPING_FLAT',
    ]);
  });

  it('includes SMTP_URL, whose engine is not there yet', () => {
    const [problem] = problemsOf({ SMTP_URL: 'smtp://mail' });
    expect(problem).toMatch(/^SMTP_URL is set, but this version does not have .* yet; unset SMTP_URL$/);
  });

  it.each([
    ['EVENTSTORE_URL', 'http://localhost:2113'],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'redis://one:6379,http://two:6379'],
  ])('includes %s that is %s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} should be a `))]);
  });

  it('includes a Typesense without its key', () => {
    expect(problemsOf({ TYPESENSE_URL: 'http://localhost:8108' })).toEqual([
      'TYPESENSE_URL and TYPESENSE_API_KEY belong together; set both or neither',
    ]);
  });

  it('includes the one that is wrong of two that belong together, and not that the other is alone', () => {
    expect(problemsOf({ TYPESENSE_URL: 'localhost:8108', TYPESENSE_API_KEY: 'key' })).toEqual([
      expect.stringMatching(/^TYPESENSE_URL should be a URL/),
    ]);
    expect(problemsOf({ SOUK_ADMIN_EMAIL: 'ops@example.com', SOUK_ADMIN_PASSWORD: 'short' })).toEqual([
      expect.stringMatching(/^SOUK_ADMIN_PASSWORD should be/),
    ]);
  });

  it('includes an administrator without a password', () => {
    expect(problemsOf({ SOUK_ADMIN_EMAIL: 'ops@example.com' })).toHaveLength(1);
  });

  it.each(['mysql://h/d', 'localhost:5432'])('includes %s as a database', (url) => {
    expect(problemsOf({ DATABASE_URL: url })).toHaveLength(1);
  });

  it.each(['https://shop.example/path', 'shop.example'])('includes %s as an origin', (origin) => {
    expect(problemsOf({ CORS_ORIGINS: origin })).toHaveLength(1);
  });
});

describe('production', () => {
  it('starts with its secrets, without sandbox and demo', () => {
    expect(loadConfig(PRODUCTION)).toMatchObject({ environment: 'production', payments: 'none', seed: 'none' });
  });

  it.each([
    ['SOUK_MASTER_KEY', { SOUK_MASTER_KEY: '' }],
    ['DATABASE_URL', { DATABASE_URL: '' }],
    ['SOUK_PAYMENTS', { SOUK_PAYMENTS: 'sandbox' }],
    ['SOUK_SEED', { SOUK_SEED: 'demo' }],
  ])('is refused for %s', (name, change) => {
    const problems = problemsOf({ ...PRODUCTION, ...change });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(name);
  });
});

describe('a name that is not known', () => {
  it('is a warning with the name that was meant', () => {
    expect(loadConfig({ SOUK_CHECKOUT_DEADLINE: '5' }).warnings).toEqual([
      'SOUK_CHECKOUT_DEADLINE is not a setting of Souk and is ignored; did you mean SOUK_CHECKOUT_DEADLINE_S?',
    ]);
  });

  it('is a warning without a guess when nothing is near', () => {
    expect(loadConfig({ SOUK_QQQQQQQQQ: '5' }).warnings).toEqual([
      'SOUK_QQQQQQQQQ is not a setting of Souk and is ignored',
    ]);
  });

  it('is nobody’s business when it does not begin with SOUK_', () => {
    expect(loadConfig({ HOME: '/root', SOUKS: '1' }).warnings).toEqual([]);
  });
});
