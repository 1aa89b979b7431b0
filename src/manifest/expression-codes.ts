import type { CodeDoc } from './problem.ts';

/** What can be wrong with an expression. */
export const expressionCodes = {
  'expression.syntax': {
    title: 'Expression does not parse',
    cause: 'The text is no CEL expression.',
    cure: 'Correct it at the place that is named.',
  },
  'expression.type': {
    title: 'Types do not fit',
    cause: 'The expression joins values of types that do not fit.',
    cure: 'Convert one, or compare others.',
  },
  'expression.template': {
    title: 'Not closed',
    cause: 'A `${` has no `}`.',
    cure: 'Close it, or write `$${` for the characters.',
  },
  'expression.size': {
    title: 'Expression too long',
    cause: 'An expression is longer than 10 KiB.',
    cure: 'Compute less, or let a tool do it.',
  },
  'expression.unknown_variable': {
    title: 'Unknown variable',
    cause: 'Expressions read `input`, `nodes.<name>.output`, `run`, on edges `output`, and `item` beside `forEach`.',
    cure: 'Correct the name.',
  },
  'expression.unknown_node': {
    title: 'Unknown node',
    cause: 'The expression reads a node that the graph does not have.',
    cure: 'Correct the name.',
  },
  'expression.order': {
    title: 'Read before it is there',
    cause: 'The expression reads a node that is not over by then, or may not be.',
    cure: 'Add edges that put it before, or read another.',
  },
  'expression.output': {
    title: '`output` where no node is over',
    cause: "`output` is a node's own, read in its edges' `when` and its loop's `until`.",
    cure: 'Write `nodes.<name>.output`.',
  },
  'expression.item': {
    title: '`item` without `forEach`',
    cause: '`item` is an entry of a `forEach`, read only in the input of its node.',
    cure: 'Add `forEach` to the node.',
  },
  'expression.nodes': {
    title: 'Nodes read as a whole',
    cause: 'Only `nodes.<name>.output` with the name written out can be checked.',
    cure: 'Write the name out.',
  },
  'expression.shadow': {
    title: 'Name hides a variable',
    cause: 'The element of a comprehension has the name of what expressions read.',
    cure: 'Use another name.',
  },
  'expression.nesting': {
    title: 'Nested comprehension',
    cause: 'One comprehension inside another takes time with the square of a list.',
    cure: 'Chain them, or let a tool compute it.',
  },
  'expression.matches': {
    title: '`matches` is refused',
    cause: 'Its patterns can take exponential time.',
    cure: 'Use `re2(text, pattern)`.',
  },
  'expression.not_boolean': {
    title: 'Condition is no boolean',
    cause: 'A condition must give true or false.',
    cure: 'Compare its value with something.',
  },
  'expression.not_list': {
    title: '`forEach` over no list',
    cause: '`forEach` must give a list.',
    cure: 'Read a list.',
  },
  'expression.no_json': {
    title: 'Not a JSON value',
    cause: 'The expression gives a value that JSON does not have, such as a duration or bytes.',
    cure: 'Convert it, as in `string(…)`.',
  },
  'expression.unknown_field': {
    title: 'Unknown field',
    cause: 'The schema of what is read has no field of this name, and lets no other through.',
    cure: 'Correct the name, or add it to the schema.',
  },
  'expression.may_be_missing': {
    title: 'May be missing',
    cause: 'The schema of what is read does not require the field, and a run fails where it is not there.',
    cure: 'Ask with `has(…)` first, write `.?name.orValue(…)`, or require it in the schema.',
  },
  'expression.may_be_skipped': {
    title: 'Node that may be skipped',
    cause: 'The node is not on every way to the expression, so that it may have no output there.',
    cure: 'Ask with `has(nodes.name)` first, or write `nodes.?name.output.orValue(…)`.',
  },
  'expression.may_fail': {
    title: 'Fails for some values',
    cause: 'What is read may be of several types, and the expression fails for some of them.',
    cure: 'Ask for the type first, convert the value, or narrow the schema.',
  },
  'expression.never_equal': {
    title: 'Never equal',
    cause: 'The two sides have no value in common, so that the comparison always comes out the same.',
    cure: 'Correct the value, or convert one side.',
  },
  'expression.optional': {
    title: 'Value or nothing',
    cause: '`.?` gives a value or nothing, and nothing says what to take instead of nothing.',
    cure: 'Add `.orValue(…)`.',
  },
  'expression.failed': {
    title: 'Expression failed in a run',
    cause: 'A key was missing, or a value had another type than expected.',
    cure: 'Guard with `has(…)`, and give agents an output schema.',
  },
} as const satisfies Record<string, CodeDoc>;
