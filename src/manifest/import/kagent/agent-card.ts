import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';

const tagMax = 64;

/** The `expose` of an agent whose card names skills; other agents are asked through pawl alone. */
export function importedCard({ estate }: Conversion, card: ForeignNode): JsonObject | undefined {
  const written = card.get('skills').items();
  if (written.length === 0) return undefined;
  const taken = new Set<string>();
  const skills = written.map((skill) => {
    const name = skill.get('name').text() ?? '';
    const wanted = skill.get('id').text() ?? '';
    const id = freeId(taken, estate.plainName(wanted === '' ? name : wanted));
    const tags = [...new Set(skill.get('tags').texts())].filter((tag) => tag !== '').map((tag) => tag.slice(0, tagMax));
    const examples = skill
      .get('examples')
      .texts()
      .filter((example) => example !== '');
    return given({
      id,
      name,
      description: skill.get('description').text(),
      tags: tags.length === 0 ? undefined : tags,
      examples: examples.length === 0 ? undefined : examples,
    });
  });
  return { a2a: true, skills };
}

function freeId(taken: Set<string>, wanted: string): string {
  let id = wanted;
  for (let count = 2; taken.has(id); count += 1) id = `${wanted.slice(0, 59)}-${count}`;
  taken.add(id);
  return id;
}
