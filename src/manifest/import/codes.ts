import type { CodeDoc } from '../problem.ts';

/** What an import says of the manifests of other systems. */
export const importCodes: Readonly<Record<string, CodeDoc>> = {
  'import.schema': {
    title: 'The other system would refuse this document',
    cause: 'A field is unknown to its schema, is missing, or has a value that the schema does not allow.',
    cure: 'Mend the manifest: the system that it was written for would not accept it either.',
  },
  'import.kind': {
    title: 'No such kind',
    cause: 'The apiVersion is of a system that can be imported, and it has no such kind in that version.',
    cure: 'Check the spelling of `kind` and the version.',
  },
  'import.shape': {
    title: 'Two shapes fit, or none',
    cause:
      'Several systems use this apiVersion and kind for different things, and the fields do not tell which is meant.',
    cure: 'Add the fields that only one of them has, or import the document by itself.',
  },
  'import.duplicate': {
    title: 'Two documents of one identity',
    cause: 'Two documents have the same kind, namespace and name, and say different things.',
    cure: 'Remove one of them: which one is meant cannot be told from the files.',
  },
  'import.unmappable': {
    title: 'Nothing in pawl means the same',
    cause: 'The field has a meaning that pawl cannot keep.',
    cure: 'Follow the advice at the field, or write that part in pawl by hand.',
  },
  'import.reference': {
    title: 'What is named is not there',
    cause: 'The entry names a document that is in none of the files, or that could not be imported.',
    cure: 'Import the file that declares it in the same command.',
  },
  'import.depends': {
    title: 'It needs what could not be imported',
    cause: 'The document cannot do without another one that is missing or was refused.',
    cure: 'Mend or add the other one; this one follows.',
  },
  'import.invalid': {
    title: 'The result would not be valid',
    cause: 'What came out of the document is refused by `pawl validate`.',
    cure: 'Change what the message names in the foreign manifest.',
  },
  'import.unread': {
    title: 'A known field was not carried over',
    cause: 'The importer knows the field and did not read it in this document.',
    cure: 'Report it: it is a defect.',
  },
  'import.circle': {
    title: 'Agents that call each other in a circle',
    cause: 'Each of the agents can call the next, and the last one the first.',
    cure: 'Take one of the calls away, or make a graph with a bound of it.',
  },
  'import.helm': {
    title: 'A template, not a manifest',
    cause: 'The file holds template expressions of Helm, which only Helm can fill in.',
    cure: 'Render it first: `helm template NAME CHART | pawl import -`.',
  },
  'import.ignored': {
    title: 'Left out',
    cause: 'Nothing is lost by leaving the field or document out, for the reason that is given.',
    cure: 'None is needed.',
  },
  'import.renamed': {
    title: 'Another name',
    cause: 'Names in pawl are DNS labels, and each is given once.',
    cure: 'None is needed; rename the resource before it is first applied if another name is wanted.',
  },
};
