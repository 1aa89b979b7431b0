import type { Json, JsonObject } from '../manifest/json.ts';
import { own } from '../manifest/json.ts';
import { expandText, TemplateRefusal } from './template.ts';

/** The kernel takes no longer one. */
const argumentBytesMax = 128 * 1024 - 1;

/**
 * The arguments of a program. No shell reads them, so that nothing in them is special but what the program takes for
 * an option: an argument of the call must not begin one, unless `--` surely ended the options. A template that is one
 * placeholder is left out where the call has no such argument, and becomes several where it is a list.
 */
export function programArguments(templates: readonly string[], args: JsonObject): readonly string[] {
  const endOfOptions = templates.indexOf('--');
  // Behind an option whose value is left out, `--` is that value, and ends nothing.
  const isClosed = endOfOptions !== -1 && templates.slice(0, endOfOptions).every((one) => texts(one, args).length > 0);
  return templates.flatMap((template, index) => {
    // What is fixed behind `--` may be a program that the first one starts: it reads options of its own.
    const isOperand =
      isClosed && endOfOptions < index && templates.slice(endOfOptions + 1, index).every((one) => one.startsWith('{'));
    return texts(template, args).map((text) => {
      if (!isOperand && text.startsWith('-') && template.startsWith('{'))
        throw refused(template, 'begins with `-`, as an option does');
      if (text.includes('\0')) throw refused(template, 'holds the character NUL');
      if (Buffer.byteLength(text) > argumentBytesMax) throw refused(template, 'is longer than an argument may be');
      return text;
    });
  });
}

/** What a program reads: the argument itself where the template is one placeholder, as JSON where it is no text. */
export function programInput(template: string, args: JsonObject): string {
  const whole = nameOf(template);
  if (whole === undefined) return expandText(template, args) ?? '';
  const value = own(args, whole);
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function texts(template: string, args: JsonObject): readonly string[] {
  const whole = nameOf(template);
  const value = whole === undefined ? undefined : own(args, whole);
  if (!Array.isArray(value)) {
    const text = expandText(template, args);
    return text === undefined ? [] : [text];
  }
  return value.map((element: Json) => expandText(template, { [whole ?? '']: element }) ?? '');
}

function nameOf(template: string): string | undefined {
  return /^\{([A-Za-z_][A-Za-z0-9_-]*)\}$/.exec(template)?.[1];
}

function refused(template: string, what: string): TemplateRefusal {
  return new TemplateRefusal('tool.argument_refused', `What stands for ${template} ${what}.`);
}
