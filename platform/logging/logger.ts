/** Structured logs: one logger per process, handed in; ids of the request in hand are added to every line. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type { Logger } from 'pino';

export type LogLevel = 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

export type LoggerOptions = {
  readonly level: LogLevel;
  /** The role, as `souk` or `souk-write-api`. */
  readonly name: string;
  /** `pretty` for people, `json` for machines; by default pretty when the stream is a terminal outside production. */
  readonly format?: 'json' | 'pretty';
  /** Where lines go: a server's are its output (`stdout`, the default); a command keeps stdout for its answer. */
  readonly to?: 'stdout' | 'stderr' | DestinationStream;
};

/** Added to every line written while the work runs. */
export type LogContext = { readonly requestId?: string; readonly correlationId?: string };

const context = new AsyncLocalStorage<LogContext>();

/** Runs `work`, and everything it awaits, with these ids on every log line; the outer ones stay unless named again. */
export function withLogContext<T>(ids: LogContext, work: () => T): T {
  return context.run({ ...context.getStore(), ...ids }, work);
}

const SECRETS = [
  'authorization',
  'cookie',
  'password',
  'newPassword',
  'currentPassword',
  'token',
  'accessToken',
  'refreshToken',
  'secret',
  'masterKey',
  'cardToken',
];
const HEADERS = ['headers', 'req.headers', 'request.headers', 'res.headers'];

/** Makes the process's logger. Secrets at the usual places are never written. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      name: options.name,
      level: options.level,
      timestamp: stdTimeFunctions.isoTime,
      mixin: () => ({ ...context.getStore() }),
      redact: {
        paths: [
          ...SECRETS,
          ...SECRETS.map((name) => `*.${name}`),
          ...HEADERS.flatMap((at) => [`${at}.authorization`, `${at}.cookie`, `${at}["set-cookie"]`]),
          '["set-cookie"]',
        ],
        censor: '[redacted]',
      },
    },
    destinationOf(options),
  );
}

function destinationOf(options: LoggerOptions): DestinationStream {
  const to = options.to ?? 'stdout';
  if (typeof to !== 'string') return options.format === 'pretty' ? prettyTo(to) : to;
  const stream = process[to];
  const sink = pino.destination({ fd: to === 'stdout' ? 1 : 2, sync: true });
  const format = options.format ?? (stream.isTTY && process.env.NODE_ENV !== 'production' ? 'pretty' : 'json');
  return format === 'pretty' ? prettyTo(sink) : sink;
}

// In this process and at once, no worker thread: the last line before a crash is the one that matters.
function prettyTo(sink: DestinationStream): DestinationStream {
  const format = prettyFactory({
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    colorize: process.stdout.isTTY,
  });
  return { write: (line) => sink.write(format(line)) };
}
