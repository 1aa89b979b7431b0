/**
 * One line of text from outside, made safe to print: whatever a terminal would act on or a reader could not see
 * (controls, escape sequences, line breaks, bidirectional overrides, zero-width and tag characters, lone surrogates) or
 * a build log would (`##[…]` and `##vso[…]` are commands to it) becomes a visible escape. Everything else stays as it is.
 */
export function neutral(text: string): string {
  return mayHide.test(text) ? text.replace(hidden, visible) : text;
}

/** Text of a JSON document with the same escaped the way JSON does it: the document still means the same. */
export function neutralJson(json: string): string {
  if (!mayHide.test(json)) return json;
  return json.replace(hidden, (character) =>
    character === '\n' ? character : Array.from(unitsOf(character)).join(''),
  );
}

function* unitsOf(character: string): Generator<string> {
  for (let at = 0; at < character.length; at += 1) {
    yield `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
}

// Stripping escape sequences is not enough: it leaves CR, backspace, bidirectional and zero-width characters.
// A variation selector right after a pictograph is how emoji are written; anywhere else it can carry hidden bytes.
const hidden =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|(?<=#)#(?=(?:vso)?\[)|(?!(?<=\p{Extended_Pictographic})\ufe0f)\p{Default_Ignorable_Code_Point}/gu;

// Almost all text is plain: one cheap test spares it the look-behind.
const mayHide = /[^\u0020-\u007e]|##(?:vso)?\[/u;

const names: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function visible(character: string): string {
  return names[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
