import type { PromptPart } from '../../prompt-template.ts';
import { shownText } from '../../shown.ts';
import {
  parseGoTemplate,
  type Expression,
  type FieldExpression,
  type TemplateFault,
  type TemplateNode,
} from './go-template-syntax.ts';

/** What a template may read. */
export interface TemplateScope {
  /** By name without the dot; a list is what `range` goes over. */
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  /** The text, or a fragment that stands for it, of `include "source/key"`. */
  readonly include: (path: string) => readonly PromptPart[] | undefined;
}

const charactersMax = 1_000_000;

/**
 * Fills in a system message as kagent does with Go's text/template. What depends on nothing but the manifests is
 * decided here: fields, `include`, texts, `if` and `range` over a field. Everything else is a fault.
 */
export function fillGoTemplate(text: string, scope: TemplateScope): readonly PromptPart[] | TemplateFault {
  const nodes = parseGoTemplate(text);
  if ('message' in nodes) return nodes;
  const filling = new Filling(scope);
  return filling.run(nodes, undefined) ?? filling.parts;
}

class Filling {
  readonly parts: PromptPart[] = [];
  readonly #scope: TemplateScope;
  #characters = 0;

  constructor(scope: TemplateScope) {
    this.#scope = scope;
  }

  /** `dot` is the entry of the innermost `range`; undefined: the scope itself. */
  run(nodes: readonly TemplateNode[], dot: string | undefined): TemplateFault | undefined {
    for (const node of nodes) {
      const fault = this.#node(node, dot);
      if (fault !== undefined) return fault;
      if (this.#characters > charactersMax) return { message: 'The template grows without end.' };
    }
    return undefined;
  }

  #node(node: TemplateNode, dot: string | undefined): TemplateFault | undefined {
    if (node.kind === 'text') return this.#write([{ kind: 'text', text: node.text }]);
    const value = this.#valueOf(node.expression, dot);
    if ('message' in value) return value;
    if (node.kind === 'value')
      return this.#write(value.is === 'parts' ? value.parts : [{ kind: 'text', text: printed(value) }]);
    if (value.is === 'parts') return { message: 'What `include` gives is text, and nothing to decide by.' };
    const length = value.is === 'text' ? value.text.length : value.entries.length;
    if (node.kind === 'if') return this.run(length > 0 ? node.body : node.otherwise, dot);
    if (value.is === 'text') return { message: '`range` goes over a list, and this is a text.' };
    if (length === 0) return this.run(node.otherwise, dot);
    for (const entry of value.entries) {
      const fault = this.run(node.body, entry);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #write(parts: readonly PromptPart[]): undefined {
    for (const part of parts) {
      this.#characters += part.kind === 'text' ? part.text.length : 1;
      this.parts.push(part);
    }
  }

  #valueOf(expression: Expression, dot: string | undefined): Value | TemplateFault {
    switch (expression.kind) {
      case 'literal':
        return { is: 'text', text: expression.text };
      case 'dot':
        return dot === undefined ? { message: '`.` by itself is all variables at once.' } : { is: 'text', text: dot };
      case 'include': {
        const parts = this.#scope.include(expression.path);
        if (parts !== undefined) return { is: 'parts', parts };
        return { message: `\`${shownText(expression.path)}\` is in no source of the template.` };
      }
      case 'field':
        return this.#field(expression, dot);
    }
  }

  #field({ name, isRooted }: FieldExpression, dot: string | undefined): Value | TemplateFault {
    if (dot !== undefined && !isRooted) return { message: `Within \`range\`, write \`$.${shownText(name)}\`.` };
    const { fields } = this.#scope;
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value === undefined) return { message: `\`.${shownText(name)}\` is no variable of kagent.` };
    return typeof value === 'string' ? { is: 'text', text: value } : { is: 'list', entries: value };
  }
}

type Value = ListOrText | { readonly is: 'parts'; readonly parts: readonly PromptPart[] };

type ListOrText =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'list'; readonly entries: readonly string[] };

/** As Go prints it. */
function printed(value: ListOrText): string {
  return value.is === 'text' ? value.text : `[${value.entries.join(' ')}]`;
}
