/** Tokens name their log. */
import { expect, it } from '@jest/globals';
import type { Position } from './port.ts';
import { formatToken, parseToken } from './token.ts';

const identity = { logId: '1568f7ea-5a3a-40d2-b9e1-a2e8ca38e265', epoch: 2 };
const position = '0000000000000042' as Position;

it('gives back the position it was made of', () => {
  const token = formatToken(identity, position);
  expect(token).toBe('1568f7ea-2-0000000000000042');
  expect(parseToken(identity, token)).toEqual({ kind: 'position', position });
});

it('tells a token of another log or of another epoch', () => {
  const token = formatToken(identity, position);
  expect(parseToken({ ...identity, epoch: 3 }, token)).toEqual({ kind: 'other-log' });
  expect(parseToken({ ...identity, logId: 'ffffffff-5a3a-40d2-b9e1-a2e8ca38e265' }, token)).toEqual({
    kind: 'other-log',
  });
});

it.each(['', '42', '1568f7ea-2', '1568f7ea-2-', '1568f7ea-x-0000000000000042', "1568f7ea-2-1' or 1=1"])(
  'takes %j for no token',
  (token) => {
    expect(parseToken(identity, token)).toEqual({ kind: 'malformed' });
  },
);
