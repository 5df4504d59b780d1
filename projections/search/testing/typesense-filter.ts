/** Part of the double of Typesense: its `filter_by`, read as the real server reads it. A test instrument. */

export type Doc = Readonly<Record<string, unknown>> & { readonly id: string };
export type Test = (document: Doc) => boolean;

/** What the server answers instead of results. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** `known` names the fields; throws `Refusal`. */
export function parseFilter(filter: string, known: ReadonlySet<string>): Test {
  const tokens = tokenize(filter);
  if (tokens.length === 0) return () => true;
  let at = 0;
  const either = (): Test => {
    let test = both();
    while (tokens[at] === '||') {
      at += 1;
      const [left, right] = [test, both()];
      test = (document) => left(document) || right(document);
    }
    return test;
  };
  const both = (): Test => {
    let test = one();
    while (tokens[at] === '&&') {
      at += 1;
      const [left, right] = [test, one()];
      test = (document) => left(document) && right(document);
    }
    return test;
  };
  const one = (): Test => {
    const token = tokens[at];
    at += 1;
    if (token === undefined || token === '&&' || token === '||' || token === ')') throw unparsable();
    if (token !== '(') return condition(token, known);
    const test = either();
    if (tokens[at] !== ')') throw unparsable();
    at += 1;
    return test;
  };
  const test = either();
  if (at < tokens.length) throw unparsable();
  return test;
}

function unparsable(): Refusal {
  return new Refusal(400, 'Could not parse the filter query.');
}

/** As the server does it first of all: a backtick begins or ends a quotation, whatever stands before it. */
function tokenize(filter: string): readonly string[] {
  const tokens: string[] = [];
  let token = '';
  let quoted = false;
  const end = (next?: string) => {
    if (token.trim() !== '') tokens.push(token.trim());
    token = '';
    if (next !== undefined) tokens.push(next);
  };
  for (let at = 0; at < filter.length; at++) {
    const [character = '', pair] = [filter[at], filter.slice(at, at + 2)];
    if (character === '`') quoted = !quoted;
    if (quoted) token += character;
    else if (pair === '&&' || pair === '||') {
      end(pair);
      at += 1;
    } else if (character === '(' || character === ')') end(character);
    else token += character;
  }
  if (quoted) throw unparsable();
  end();
  return tokens;
}

function condition(token: string, known: ReadonlySet<string>): Test {
  const [, field = '', operator = '', value = ''] = /^([^:]+):\s*(=|!=|>=|<=|>|<)?\s*(.*)$/s.exec(token) ?? [];
  if (!known.has(field)) throw new Refusal(404, `Could not find a filter field named \`${field}\` in the schema.`);
  const range = /^\[(-?[\d.]+)\.\.(-?[\d.]+)\]$/.exec(value);
  if (range) return anyValue(field, (one) => Number(one) >= Number(range[1]) && Number(one) <= Number(range[2]));
  if (operator === '>') return anyValue(field, (one) => Number(one) > Number(value));
  if (operator === '<') return anyValue(field, (one) => Number(one) < Number(value));
  if (operator === '>=') return anyValue(field, (one) => Number(one) >= Number(value));
  if (operator === '<=') return anyValue(field, (one) => Number(one) <= Number(value));
  const list = /^\[(.*)\]$/s.exec(value)?.[1];
  const wanted = (list === undefined ? [value] : list.split(',')).map((one) => plain(one.replaceAll('`', '')));
  if (operator === '!=') return (document) => !anyValue(field, (one) => wanted.includes(plain(String(one))))(document);
  return anyValue(field, (one) => wanted.includes(plain(String(one))));
}

function anyValue(field: string, test: (value: unknown) => boolean): Test {
  return (document) => {
    const value = document[field];
    return Array.isArray(value) ? value.some(test) : value !== undefined && test(value);
  };
}

const plain = (text: string) => text.trim().toLowerCase();
