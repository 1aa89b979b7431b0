import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';

/** A template or an argument that must not be sent; its message names the placeholder, never the value. */
export class TemplateRefusal extends Error {
  readonly code: 'tool.template_invalid' | 'tool.argument_refused';

  constructor(code: TemplateRefusal['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const placeholder = /\{([A-Za-z_][A-Za-z0-9_-]*)\}/g;
const wholePlaceholder = /^\{([A-Za-z_][A-Za-z0-9_-]*)\}$/;

/** RFC 6570 simple expansion into the path and query of a URL; who is asked stays the author's choice alone. */
export function expandUrl(template: string, args: JsonObject): string {
  const [, origin = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(.*)$/is.exec(template) ?? [];
  if (origin === '' || origin.includes('{')) {
    throw new TemplateRefusal(
      'tool.template_invalid',
      'The tool’s url must begin with a scheme and a host without placeholders.',
    );
  }
  const queryAt = rest.search(/[?#]/);
  const path = queryAt === -1 ? rest : rest.slice(0, queryAt);
  const after = queryAt === -1 ? '' : rest.slice(queryAt);
  const expanded = path.replace(placeholder, (_, name: string) => {
    const text = encodeURIComponentStrictly(listText(name, args));
    // `DELETE /users/{id}` without an id would be `DELETE /users/`: another resource.
    if (text === '')
      throw new TemplateRefusal('tool.argument_refused', `The path of the tool’s url needs a value for {${name}}.`);
    return text;
  });
  if (expanded !== path && expanded.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new TemplateRefusal('tool.argument_refused', 'An argument would make a segment of the path `.` or `..`.');
  }
  return `${origin}${expanded}${after.replace(placeholder, (_, name: string) => encodeURIComponentStrictly(listText(name, args)))}`;
}

/** RFC 6570's unreserved set; `encodeURIComponent` leaves five more characters as they are. */
function encodeURIComponentStrictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Text of a header or a query value; undefined where the template is one placeholder without a value. */
export function expandText(template: string, args: JsonObject): string | undefined {
  const whole = wholePlaceholder.exec(template)?.[1];
  if (whole !== undefined && own(args, whole) === undefined) return undefined;
  return template.replace(placeholder, (_, name: string) => listText(name, args));
}

/** The same, refusing what would begin another header. */
export function expandHeader(name: string, template: string, args: JsonObject): string | undefined {
  const text = expandText(template, args);
  if (text === undefined || /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(text)) return text;
  throw new TemplateRefusal(
    'tool.argument_refused',
    `An argument would put a character into the header ${name} that no header may hold.`,
  );
}

/** A string that is one placeholder becomes the argument itself, of whatever type; elsewhere it becomes text. */
export function expandBody(template: Json, args: JsonObject): Json | undefined {
  if (typeof template === 'string') {
    const whole = wholePlaceholder.exec(template)?.[1];
    return whole === undefined
      ? template.replace(placeholder, (_, name: string) => listText(name, args))
      : own(args, whole);
  }
  if (Array.isArray(template)) {
    return template.map((element: Json) => expandBody(element, args)).filter((element) => element !== undefined);
  }
  if (!isJsonObject(template)) return template;
  const members = Object.entries(template).map(([key, value]) => [key, expandBody(value, args)] as const);
  return Object.fromEntries(members.filter((member): member is readonly [string, Json] => member[1] !== undefined));
}

function listText(name: string, args: JsonObject): string {
  const value = own(args, name);
  const parts = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return parts.map((part) => scalarText(name, part)).join(',');
}

function scalarText(name: string, value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') {
    throw new TemplateRefusal(
      'tool.argument_refused',
      `The argument {${name}} is not text, a number or a list of them.`,
    );
  }
  return String(value);
}
