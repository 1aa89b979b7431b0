import { Lexer } from 'yaml';
import type { Problem } from './problem.ts';
import { mayHoldSecret, secretSpans } from './secret-literal.ts';
import { problemAt, type Source } from './text.ts';

/** What looks like a credential in the comments of a YAML file: Git keeps them as it keeps everything else. */
export function commentSecrets(source: Source): Problem[] {
  if (!source.text.includes('#') || !mayHoldSecret(source.text)) return [];
  const problems: Problem[] = [];
  for (const { text, offset } of commentsOf(source.text)) {
    for (const { kind, start, end } of secretSpans(text)) {
      const finding = {
        code: 'manifest.secret_literal',
        message: `A comment holds what looks like ${kind}; values of secrets must not be in Git.`,
        help: 'Revoke it, and remove it from the comment.',
      };
      problems.push(problemAt(source, [offset + start, offset + end], finding));
    }
  }
  return problems;
}

/** By the lexer alone, which says of each `#` whether it begins a comment: no tree is made of the file. */
function* commentsOf(text: string): Generator<{ readonly text: string; readonly offset: number }> {
  let offset = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    // Marks of the lexer's own stand for no characters of the text.
    if (lexeme === '\u0002' || lexeme === '\u0018') continue;
    if (lexeme === '\u001f') {
      isScalar = true;
      continue;
    }
    if (!isScalar && lexeme.startsWith('#')) yield { text: lexeme, offset };
    isScalar = false;
    offset += lexeme.length;
  }
}
