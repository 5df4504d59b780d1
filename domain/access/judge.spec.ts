/** Who may call what, rule by rule. */
import { describe, expect, it } from '@jest/globals';
import { accessPolicy, judgeEarly, judgeLate, ruleOf } from './judge.ts';
import { ACCESS_RULES, type OwnerFacts, type Subject } from './policy.ts';

const anonymous: Subject = { caller: { kind: 'anonymous' }, cartTokenHash: undefined };
const guest = (tokenHash: string): Subject => ({ caller: { kind: 'guest', tokenHash }, cartTokenHash: tokenHash });
const user = (userId: string, roles: readonly string[] = ['buyer'], cartTokenHash?: string): Subject => ({
  caller: { kind: 'user', userId, roles },
  cartTokenHash,
});

/** What a caller is told in the end. */
function verdict(route: string, subject: Subject, facts?: OwnerFacts): string {
  const [method = '', path = ''] = route.split(' ');
  const rule = ruleOf({ method, path });
  if (rule === undefined) return 'no rule';
  const early = judgeEarly(rule, subject);
  return typeof early === 'string' ? early : judgeLate(rule, subject, facts);
}

describe('the access policy', () => {
  it('denies what it does not know', () => {
    expect(accessPolicy.knows({ method: 'get', path: '/secrets' })).toBe(false);
    expect(accessPolicy.early({ method: 'get', path: '/secrets' }, user('a', ['admin']))).toBe('forbidden');
  });

  it('finds a rule whatever the path parameters are called', () => {
    expect(accessPolicy.knows({ method: 'get', path: '/carts/{anything}' })).toBe(true);
    expect(accessPolicy.knows({ method: 'delete', path: '/carts/{anything}' })).toBe(false);
  });

  it('opens listings, sign-in and a guest’s first cart to anybody', () => {
    for (const route of ['GET /products', 'GET /categories', 'POST /auth/login', 'POST /carts']) {
      expect(verdict(route, anonymous)).toBe('allowed');
    }
  });

  it('asks who calls before it says that a role lacks', () => {
    expect(verdict('POST /categories', anonymous)).toBe('unauthenticated');
    expect(verdict('POST /categories', guest('t'))).toBe('unauthenticated');
    expect(verdict('POST /categories', user('a'))).toBe('forbidden');
    expect(verdict('POST /categories', user('a', ['support']))).toBe('allowed');
  });

  it('keeps roles to administrators', () => {
    expect(verdict('PUT /users/{id}/roles/{role}', user('a', ['support']))).toBe('forbidden');
    expect(verdict('PUT /users/{id}/roles/{role}', user('a', ['admin']))).toBe('allowed');
  });

  it('keeps the history to ops, analysts and administrators', () => {
    expect(verdict('GET /admin/events', user('a', ['support']))).toBe('forbidden');
    for (const role of ['ops', 'analyst', 'admin']) {
      expect(verdict('GET /admin/events', user('a', [role]))).toBe('allowed');
    }
  });

  it('lets analysts look, and ops and administrators act', () => {
    const acting = 'POST /admin/parked/{id}/skip';
    expect(verdict(acting, user('a', ['analyst']))).toBe('forbidden');
    for (const role of ['ops', 'admin']) expect(verdict(acting, user('a', [role]))).toBe('allowed');
  });

  it('hides a cart from all but its owner: nobody 401, others 404', () => {
    const facts = { userId: null, cartTokenHash: 't' };
    const route = 'POST /carts/{id}/checkout';
    expect(verdict(route, anonymous, facts)).toBe('unauthenticated');
    expect(verdict(route, guest('t'), facts)).toBe('allowed');
    expect(verdict(route, guest('other'), facts)).toBe('not_found');
    expect(verdict(route, user('a', ['admin']), facts)).toBe('not_found');
    expect(verdict(route, user('a', ['buyer'], 't'), facts)).toBe('allowed');
    expect(verdict(route, guest('t'), undefined)).toBe('not_found');
  });

  it('never takes a missing owner for the caller', () => {
    expect(verdict('GET /orders/{id}', guest('t'), { userId: null, cartTokenHash: null })).toBe('not_found');
    expect(verdict('GET /orders/{id}', user('a'), { userId: null })).toBe('not_found');
  });

  it('shows an order to its sellers, but only buyer, guest and staff may cancel it', () => {
    const facts = { userId: 'buyer', cartTokenHash: null, sellerUserIds: ['seller'] };
    expect(verdict('GET /orders/{id}', user('seller'), facts)).toBe('allowed');
    expect(verdict('POST /orders/{id}/cancel', user('seller'), facts)).toBe('forbidden');
    expect(verdict('POST /orders/{id}/cancel', user('buyer'), facts)).toBe('allowed');
    expect(verdict('POST /orders/{id}/cancel', user('x', ['support']), facts)).toBe('allowed');
    expect(verdict('POST /orders/{id}/cancel', user('x'), facts)).toBe('not_found');
  });

  it('tells other sellers that a published product is not theirs, and of a draft nothing', () => {
    const route = 'PATCH /products/{id}';
    expect(verdict(route, user('seller'), { sellerUserIds: ['seller'], public: false })).toBe('allowed');
    expect(verdict(route, user('x'), { sellerUserIds: ['seller'], public: true })).toBe('forbidden');
    expect(verdict(route, user('x'), { sellerUserIds: ['seller'], public: false })).toBe('not_found');
    expect(verdict(route, anonymous, { sellerUserIds: ['seller'], public: true })).toBe('unauthenticated');
  });

  it('shows a draft to its seller and staff only', () => {
    const draft = { sellerUserIds: ['seller'], public: false };
    const late = (subject: Subject) => accessPolicy.late({ method: 'get', path: '/products/{id}' }, subject, draft);
    expect([late(anonymous), late(user('x')), late(user('seller')), late(user('x', ['support']))]).toEqual([
      'not_found',
      'not_found',
      'allowed',
      'allowed',
    ]);
  });

  it('leaves stock to its seller; staff may look', () => {
    const facts = { sellerUserIds: ['seller'] };
    expect(verdict('GET /inventory/{id}', user('x', ['admin']), facts)).toBe('allowed');
    expect(verdict('POST /inventory/{id}/receipts', user('x', ['admin']), facts)).toBe('forbidden');
    expect(verdict('POST /inventory/{id}/receipts', user('x'), facts)).toBe('not_found');
  });

  it('has at least one grant in every rule, and facts for every relation', () => {
    for (const [route, rule] of Object.entries(ACCESS_RULES)) {
      expect([route, rule.may.length > 0]).toEqual([route, true]);
      const relations = [...rule.may, ...(rule.sees ?? [])].filter((who) =>
        ['self', 'tokenHolder', 'seller', 'ifPublic'].includes(who),
      );
      if (relations.length > 0) expect([route, rule.on]).not.toEqual([route, undefined]);
    }
  });
});
