/** What a thrown error means to a client. */
import { describe, expect, it } from '@jest/globals';
import { problemOf } from './faults.ts';

const statusOf = (error: unknown) => problemOf(error).problem.problem.status;
const withCode = (code: string, more: object = {}) => Object.assign(new Error('x'), { code, ...more });

describe('a thrown error', () => {
  it.each([
    withCode('ECONNREFUSED'),
    withCode('57P01'),
    withCode('08006'),
    withCode('53300'),
    withCode('42P01'),
    withCode('ENOENT', { syscall: 'connect' }),
    new Error('Connection terminated unexpectedly'),
    new Error('wrapped', { cause: withCode('ECONNRESET') }),
    Object.assign(new Error('x'), { name: 'OutcomeUnknown' }),
  ])('of an engine that is away asks to come back: 503 (%#)', (error) => {
    const { problem, expected } = problemOf(error);
    expect([problem.problem.status, problem.problem.code, expected]).toEqual([503, 'unavailable', false]);
    expect(problem.headers['retry-after']).toBeDefined();
  });

  it('of a sealed log says so, and is no fault of ours', () => {
    const { problem, expected } = problemOf(Object.assign(new Error('x'), { name: 'LogSealed' }));
    expect([problem.problem.status, problem.problem.code, expected]).toEqual([503, 'unavailable', true]);
    expect(problem.problem.detail).toMatch(/being moved/);
  });

  it.each([withCode('ENOENT'), withCode('23505'), new TypeError('x'), 'text', null, undefined])(
    'that nobody foresaw is our fault: 500 (%#)',
    (error) => {
      expect(statusOf(error)).toBe(500);
      expect(problemOf(error).expected).toBe(false);
    },
  );

  it('of a stale revision, an append too large or a foreign cursor is the client’s to mend', () => {
    expect(statusOf(Object.assign(new Error('x'), { name: 'StaleRevision', actual: 3 }))).toBe(412);
    expect(statusOf(Object.assign(new Error('x'), { name: 'AppendTooLarge' }))).toBe(413);
    expect(statusOf(Object.assign(new Error('x'), { name: 'BadCursor' }))).toBe(400);
  });
});
