import { expect, it } from '@jest/globals';
import { createLogger, withLogContext } from './logger.ts';

function capture() {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    name: 'souk',
    level: 'info',
    to: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  return { lines, logger };
}

it('puts the ids of the request in hand on every line, however deep', async () => {
  const { lines, logger } = capture();
  await withLogContext({ requestId: 'r1', correlationId: 'c1' }, async () => {
    await Promise.resolve();
    withLogContext({ requestId: 'r2' }, () => logger.child({ part: 'x' }).info('inside'));
  });
  logger.info('outside');
  expect(lines[0]).toMatchObject({ requestId: 'r2', correlationId: 'c1', part: 'x', msg: 'inside' });
  expect(lines[1]).not.toHaveProperty('requestId');
});

it('keeps the ids of two requests at once apart', async () => {
  const { lines, logger } = capture();
  const request = (requestId: string) =>
    withLogContext({ requestId }, async () => {
      await Promise.resolve();
      logger.info(requestId);
    });
  await Promise.all(['a', 'b', 'c'].map(request));
  expect(lines.map((line) => [line.msg, line.requestId])).toEqual([
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ]);
});

it('never writes secrets', () => {
  const { lines, logger } = capture();
  logger.info({
    password: 'hush-1',
    body: { password: 'hush-2', refreshToken: 'hush-3', name: 'Ada' },
    req: { headers: { authorization: 'Bearer hush-4', cookie: 'hush-5', accept: '*/*' } },
    headers: { authorization: 'hush-6' },
  });
  expect(JSON.stringify(lines)).not.toContain('hush');
  expect(lines[0]).toMatchObject({ body: { name: 'Ada' }, req: { headers: { accept: '*/*' } } });
});

it('is readable for people when asked', () => {
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  createLogger({ name: 'souk', level: 'info', format: 'pretty', to }).info('hello');
  expect(lines.join('')).toMatch(/INFO.*hello/);
});
