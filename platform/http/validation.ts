/** Holds what was sent against the route's schemas: paths 404, queries 400, bodies 422. */
import { z } from 'zod';
import { issueWords } from './issue-words.ts';
import { type FieldError, httpProblem, malformed, notFound } from './problem.ts';

/** Path parameters; a malformed id names nothing: 404. */
export function checkParams<P>(schema: z.ZodType<P> | undefined, params: unknown): P {
  if (schema === undefined) return params as P;
  const result = schema.safeParse(params);
  if (!result.success) throw notFound();
  return result.data;
}

/** The query; unknown names and values out of range are 400. A field whose schema is a list may repeat. */
export function checkQuery<Q>(schema: z.ZodType<Q> | undefined, search: URLSearchParams): Q {
  const shape = schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {};
  const values: Record<string, unknown> = {};
  for (const name of new Set(search.keys())) {
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (field === undefined) throw badQuery([queryError(name, 'unknown', unknownName(name, shape))]);
    const all = search.getAll(name);
    if (isList(field)) values[name] = all;
    else if (all.length === 1) values[name] = all[0];
    else throw badQuery([queryError(name, 'repeated', `${name} may be given once`)]);
  }
  const result = (schema ?? z.object({})).safeParse(values, { error: issueWords });
  if (result.success) return result.data as Q;
  throw badQuery(
    result.error.issues.map((issue) => queryError(String(issue.path[0] ?? ''), issue.code, issue.message)),
  );
}

/** The body; every field that is wrong is named by its JSON pointer (RFC 6901), unknown ones included. */
export function checkBody<B>(schema: z.ZodType<B> | undefined, body: unknown): B {
  const result = strict(schema ?? z.object({})).safeParse(body, { error: issueWords });
  if (result.success) return result.data as B;
  throw httpProblem(422, 'invalid', 'The body does not fit. See errors for each field.', {
    errors: result.error.issues.flatMap(fieldErrors),
  });
}

/** Unknown fields are refused: `z.object` of a route counts as strict. */
export function strict(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;
}

function fieldErrors(issue: z.core.$ZodIssue): readonly FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointer([...issue.path, key]),
      code: 'unknown_field',
      detail: `There is no field ${key} here. Leave it out.`,
    }));
  }
  return [{ pointer: pointer(issue.path), code: issue.code, detail: issue.message }];
}

/** JSON pointer (RFC 6901) of a path. */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function isList(schema: z.ZodType): boolean {
  if (schema instanceof z.ZodArray) return true;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return isList(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodPipe) return isList(schema.def.in as z.ZodType);
  return false;
}

const badQuery = (errors: readonly FieldError[]) =>
  malformed(`The query is wrong: ${errors.map(({ detail }) => detail).join('; ')}.`, errors);

function queryError(name: string, code: string, detail: string): FieldError {
  return { pointer: pointer([name]), code, detail: detail.includes(name) ? detail : `${name}: ${detail}` };
}

function unknownName(name: string, shape: Readonly<Record<string, unknown>>): string {
  const known = Object.keys(shape);
  return `there is no parameter ${name}${known.length === 0 ? '' : `; known: ${known.join(', ')}`}`;
}
