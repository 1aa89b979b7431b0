import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

type Root = ReturnType<typeof fromMarkdown>;

interface Node {
  readonly type: string;
}

/** The document as GitHub's parser sees it. */
export function parse(markdown: string): Root {
  return fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

/** Every node, parents first. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  if ('children' in node) for (const child of node.children as readonly Node[]) yield* nodesOf(child);
}

/** What may stand in a comment: the blocks that we write, text and code. No links, images, footnotes, emphasis. */
const ours = new Set([
  'root',
  'heading',
  'paragraph',
  'table',
  'tableRow',
  'tableCell',
  'list',
  'listItem',
  'html',
  'code',
  'inlineCode',
  'text',
]);

const ourHtml = /^(?:<details>\n<summary>[\w :,+-]+<\/summary>|<\/details>|<br>|<!-- pawl:plan [\w%.~!'()*]+ -->)$/;

/** What GitHub turns into something else in text outside of code. */
const acted: readonly RegExp[] = [
  /@/,
  /#\d/,
  /\bGH-\d/i,
  /\p{L}-\d/u,
  /:\w+:/,
  /\$/,
  /https?:|www\.|:\/\//i,
  /\b[0-9a-f]{7,40}\b/i,
  /[<>&`*_~[\]\\]/,
];

/** Everything in a document that we did not mean; empty: nothing from outside is more than text or code. */
export function foreign(markdown: string): readonly string[] {
  const found: string[] = [];
  for (const node of nodesOf(parse(markdown))) {
    if (!ours.has(node.type)) found.push(`${node.type}: ${JSON.stringify(node).slice(0, 200)}`);
    const value = 'value' in node && typeof node.value === 'string' ? node.value : '';
    if (node.type === 'html') {
      if (!ourHtml.test(value)) found.push(`html: ${value}`);
    }
    if (node.type === 'text') {
      for (const pattern of acted)
        if (pattern.test(value)) found.push(`text: ${value.slice(0, 200)} (${pattern.source})`);
    }
  }
  return found;
}

/** Opening tags of folded sections without their end, or the other way round. */
export function isBalanced(markdown: string): boolean {
  let depth = 0;
  for (const node of nodesOf(parse(markdown))) {
    const value = node.type === 'html' && 'value' in node && typeof node.value === 'string' ? node.value : '';
    if (value.startsWith('<details>')) depth += 1;
    if (value === '</details>') depth -= 1;
    if (depth < 0 || depth > 1) return false;
  }
  return depth === 0;
}

/** Fenced blocks with a language. */
export function codeBlocks(markdown: string): readonly { readonly lang: string; readonly value: string }[] {
  return Array.from(nodesOf(parse(markdown))).flatMap((node) =>
    node.type === 'code' && 'value' in node
      ? [{ lang: 'lang' in node ? String(node.lang) : '', value: String(node.value) }]
      : [],
  );
}
