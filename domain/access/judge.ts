/** Reads the table of rules: pure predicates over who calls and whose the resource is. */
import { ACCESS_RULES, type OwnerFacts, type ResourceKind, type Rule, type Subject } from './policy.ts';

export type Verdict = 'allowed' | 'unauthenticated' | 'forbidden' | 'not_found';
type RouteRef = { readonly method: string; readonly path: string };
type Who = Rule['may'][number];

const shapeOf = (method: string, path: string): string => `${method.toUpperCase()} ${path.replace(/\{[^}]*\}/g, '{}')}`;

const rules = new Map(
  Object.entries(ACCESS_RULES).map(([route, rule]) => {
    const [method = '', path = ''] = route.split(' ');
    return [shapeOf(method, path), rule];
  }),
);

const hasRole = (subject: Subject, ...roles: readonly string[]): boolean =>
  subject.caller.kind === 'user' && subject.caller.roles.some((role) => roles.includes(role));

const standing: Readonly<Record<string, (subject: Subject) => boolean>> = {
  anyone: () => true,
  signedIn: ({ caller }) => caller.kind === 'user',
  proved: ({ caller }) => caller.kind !== 'anonymous',
  staff: isStaff,
  admin: (subject) => hasRole(subject, 'admin'),
  history: (subject) => hasRole(subject, 'ops', 'analyst', 'admin'),
  ops: (subject) => hasRole(subject, 'ops', 'admin'),
};

const relation: Readonly<Record<string, (subject: Subject, facts: OwnerFacts) => boolean>> = {
  self: ({ caller }, facts) => caller.kind === 'user' && facts.userId === caller.userId,
  tokenHolder: ({ cartTokenHash }, facts) => cartTokenHash !== undefined && facts.cartTokenHash === cartTokenHash,
  seller: ({ caller }, facts) => caller.kind === 'user' && (facts.sellerUserIds ?? []).includes(caller.userId),
  ifPublic: (_subject, facts) => facts.public === true,
};

// What somebody without an account can fulfil at all.
const OPEN_TO_ANYBODY: readonly Who[] = ['anyone', 'ifPublic'];
const OPEN_TO_GUESTS: readonly Who[] = [...OPEN_TO_ANYBODY, 'proved', 'tokenHolder'];

const ROLES: readonly Who[] = ['staff', 'admin', 'history', 'ops'];

/** Support and administrators. */
export function isStaff(subject: Subject): boolean {
  return hasRole(subject, 'support', 'admin');
}

/** The rule of a route; undefined: nobody may, and the route is refused at start. */
export function ruleOf(route: RouteRef): Rule | undefined {
  return rules.get(shapeOf(route.method, route.path));
}

/** What can be said before the resource is looked at, or which kind of facts the rest depends on. */
export function judgeEarly(rule: Rule, subject: Subject): Verdict | { readonly depends: ResourceKind } {
  if (rule.may.some((who) => standing[who]?.(subject) === true)) return 'allowed';
  if (subject.caller.kind !== 'user' && !rule.may.some((who) => mayBeWithoutAccount(who, subject))) {
    return 'unauthenticated';
  }
  return rule.on === undefined ? 'forbidden' : { depends: rule.on };
}

/** The rest. Somebody else's resource looks like none at all, unless it may be seen. */
export function judgeLate(rule: Rule, subject: Subject, facts: OwnerFacts | undefined): Verdict {
  if (facts === undefined) return 'not_found';
  const fits = (who: Who): boolean => standing[who]?.(subject) === true || relation[who]?.(subject, facts) === true;
  if (rule.may.some(fits)) return 'allowed';
  return (rule.sees ?? []).some(fits) ? 'forbidden' : 'not_found';
}

/** Both APIs' policy, in the form the HTTP kit asks for. */
export const accessPolicy = {
  knows: (route: RouteRef): boolean => ruleOf(route) !== undefined,
  early(route: RouteRef, subject: Subject): Verdict | { readonly depends: string } {
    const rule = ruleOf(route);
    if (rule === undefined) return 'forbidden';
    const verdict = judgeEarly(rule, subject);
    return typeof verdict === 'object' && rule.byRow === true ? 'allowed' : verdict;
  },
  late(route: RouteRef, subject: Subject, facts: OwnerFacts | undefined): Verdict {
    const rule = ruleOf(route);
    return rule === undefined ? 'forbidden' : judgeLate(rule, subject, facts);
  },
  refusals(route: RouteRef): readonly Exclude<Verdict, 'allowed'>[] {
    const rule = ruleOf(route);
    if (rule === undefined || rule.ignoresCredentials === true) return [];
    const byRole = rule.on === undefined && rule.may.some((who) => ROLES.includes(who));
    return [
      // Also where anybody may: a token that is over is never taken for no token.
      'unauthenticated',
      ...(byRole || rule.sees !== undefined ? (['forbidden'] as const) : []),
      ...(rule.on === undefined ? [] : (['not_found'] as const)),
    ];
  },
  ignoresCredentials: (route: RouteRef): boolean => ruleOf(route)?.ignoresCredentials === true,
};

function mayBeWithoutAccount(who: Who, subject: Subject): boolean {
  return (subject.cartTokenHash === undefined ? OPEN_TO_ANYBODY : OPEN_TO_GUESTS).includes(who);
}
