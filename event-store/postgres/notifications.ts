/** Wakes the other processes after a commit, and is woken by them: LISTEN and NOTIFY on one connection that heals itself. */
import type { Logger } from '../../platform/logging/logger.ts';
import { backoff, pause } from '../../platform/process/pause.ts';
import { type Connection, openConnection } from './connection.ts';

export type Notifications = {
  /** Resolves when it listens, or when the first try has failed: the feed polls anyway. */
  readonly ready: Promise<void>;
  /** Tells the others that the log has grown to this number; joined to at most fifty messages a second. */
  announce(number: number): void;
  close(): Promise<void>;
};

// NOTIFY takes a database-wide lock at commit: inside the append it halves the append rate, and one per batch still hurts.
const QUIET_MS = 20;
/** How long a close waits at most for what is being told. */
const LAST_WORD_MS = 1_000;
const CHANNEL = 'souk_log';

/** Calls `heard` with each number another process announces (and with this one's own). */
export function createNotifications(url: string, logger: Logger, heard: (number: number) => void): Notifications {
  const closing = new AbortController();
  let connection: Connection | undefined;
  let announced = 0;
  let sending = false;
  let tried: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    tried = resolve;
  });

  // Listened for from the start: an abort while the connection is being opened would not be heard afterwards.
  const closed = new Promise<void>((resolve) => closing.signal.addEventListener('abort', () => resolve()));

  const listen = async (): Promise<void> => {
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      try {
        const opened = await openConnection(url, 'souk log notifications', `listen ${CHANNEL}`);
        opened.client.on('notification', (message) => heard(Number(message.payload)));
        connection = opened;
        attempt = 0;
        tried();
        await Promise.race([opened.lost, closed]);
        connection = undefined;
        opened.destroy();
      } catch (error) {
        tried();
        logger.warn({ err: error }, 'not listening for news of the log; polling until it is back');
      }
      await backoff(attempt, closing.signal);
    }
  };
  const listening = listen();

  let telling: Promise<unknown> | undefined;
  const send = async (): Promise<void> => {
    sending = true;
    for (let sent = 0; sent < announced && connection && !closing.signal.aborted; ) {
      sent = announced;
      try {
        telling = connection.client.query('select pg_notify($1, $2)', [CHANNEL, String(sent)]);
        await telling;
      } catch (error) {
        logger.warn({ err: error }, 'other processes were not told of an append; they find it by polling');
      }
      await pause(QUIET_MS, closing.signal);
    }
    sending = false;
  };

  return {
    ready,
    announce(number) {
      announced = Math.max(announced, number);
      if (!sending) void send();
    },
    async close() {
      // Who appends and ends at once, as a command does, still tells the others. Its failure is told where it is sent.
      await Promise.race([telling?.catch(() => undefined), pause(LAST_WORD_MS, closing.signal)]);
      closing.abort();
      await listening;
    },
  };
}
