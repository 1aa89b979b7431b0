/** The whole of Mermaid that a plan uses: every line is one of these, so no name can be a statement. */
const text = '(?:[A-Za-z0-9 _/.:…()-]|#\\d+;)*';
const node = `n\\d+\\["${text}(?:<br/>${text})?"\\]:::(?:added|removed|changed|same)`;
const edge = `(?:start|n\\d+) (?:==>|-\\.->|-->)(?:\\|"${text}"\\|)? (?:n\\d+|stop)`;
const line = new RegExp(
  `^(?:flowchart LR|  (?:${node}|${edge}|start\\(\\["start"\\]\\)|stop\\(\\["end"\\]\\)|classDef (?:added|removed|changed|same) [a-z0-9:#, -]+))$`,
);

/** Lines that are none of those, and too many of them. */
export function mermaidProblems(graph: string): readonly string[] {
  const lines = graph.split('\n');
  const nodes = lines.filter((one) => /^ {2}n\d+\[/.test(one)).length;
  return [...lines.filter((one) => !line.test(one)), ...(nodes > 60 ? [`${nodes} nodes`] : [])];
}
