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
  'import.share': {
    title: 'Shared with another namespace',
    cause: 'A document of another namespace refers to it, which in pawl takes the annotation `pawl/share`.',
    cure: 'Remove the annotation, and what refers to it, where that was not meant.',
  },
  'import.defect': {
    title: 'The importer failed at the document',
    cause: 'pawl has a defect that this document brings out.',
    cure: 'Report it, with a manifest like this one.',
  },
  'import.link': {
    title: 'Not read',
    cause: 'It is a link or a repository of its own: pawl reads the files that lie where it is pointed to.',
    cure: 'Import it by its own path.',
  },
  'import.too_much': {
    title: 'Too much at once',
    cause: 'The files are more, or larger, than one import reads.',
    cure: 'Import the folders one at a time.',
  },
  'import.exists': {
    title: 'Files are in the way',
    cause:
      'An import never overwrites, and what it would write is there already with other content. Nothing was written.',
    cure: 'Give another folder with `--out`, or move away what the message lists.',
  },
  'import.ignored': {
    title: 'Left out',
    cause: 'Nothing is lost by leaving the field or document out, for the reason that is given.',
    cure: 'None is needed.',
  },
  'import.private': {
    title: 'An address of a private network',
    cause:
      'The other system connects there without being told that it may. pawl does where `allowPrivate` says so, and the importer wrote it.',
    cure: 'Look whether the address is meant; take `allowPrivate` out if it is not.',
  },
  'import.renamed': {
    title: 'Another name',
    cause: 'Names in pawl are DNS labels, and each is given once.',
    cure: 'None is needed; rename the resource before it is first applied if another name is wanted.',
  },
  'import.default_allow': {
    title: 'A grant that was a default',
    cause:
      'The system it comes from lets an agent use whatever it lists. pawl needs a role for that, so the importer wrote one.',
    cure: 'Look through the permissions of the role, and take out what is not meant.',
  },
  'import.bypass': {
    title: 'A bypass of the rules became a grant',
    cause:
      'The other system let calls of the tool pass whatever its rules said. In pawl a role grants them, and rules still bind.',
    cure: 'Look whether the agent is meant to call the tool, and whether the rules are meant to hold for it.',
  },
  'import.grant': {
    title: 'A grant had to be written out',
    cause:
      'A role of the other system gives something by the name of a permission, which in pawl is of the namespace of the role. The importer wrote a role that gives it.',
    cure: 'Look through the permissions of the role.',
  },
  'import.withheld': {
    title: 'A tool that every call of was refused',
    cause: 'The other system denies each call of the tool by this agent, and pawl would have allowed some.',
    cure: 'Mend the roles or the rules that are named, if the agent is meant to call the tool.',
  },
  'import.sealed': {
    title: 'Ciphertext that only the other system opens',
    cause: 'The key that opens a sealed value is in the database of the other system.',
    cure: 'Set the value again, in the variable that the report lists.',
  },
  'import.limit': {
    title: 'The most that pawl has',
    cause: 'What is written there is more than pawl can be told: the most that it has is written in place of it.',
    cure: 'Look whether that is enough; what is above it can be had by more of them.',
  },
  'import.default_limit': {
    title: 'A limit that is not in the files',
    cause:
      'The agent had no limit, or another default. The written file says the limit, so that it can be seen and changed.',
    cure: 'Set the limit that is meant.',
  },
  'import.secret_value': {
    title: 'A secret stands in the file',
    cause:
      'The manifest holds the value of a credential. It is not carried over: the written Secret reads it from the environment.',
    cure: 'Rotate the credential, and set the variable that the report lists.',
  },
  'import.unpinned': {
    title: "The server's tools are not pinned",
    cause:
      'pawl calls tools by definitions in `pawl.lock.yaml`, and the other system has nothing like it. The server says `pin: onDeclare` so that it can be tried.',
    cure: 'Pin the tools and remove `pin: onDeclare` before anybody relies on them.',
  },
  'import.runs_elsewhere': {
    title: 'It goes on running where it runs',
    cause:
      'The other system starts it in a cluster with settings that pawl does not have. pawl calls it there, and governs the calls.',
    cure: 'Keep it running there, and check that the address is reachable from the workers.',
  },
  'import.stricter': {
    title: 'pawl enforces it',
    cause: 'The other system accepts the setting and its implementations do not act on all of it. pawl does.',
    cure: 'Take it out if it was not meant to bite.',
  },
  'import.assumed': {
    title: 'Not in the files',
    cause: 'The other system fills it in by itself when it runs. The importer wrote what it would fill in.',
    cure: 'Check it, and change it in the written file if it is something else.',
  },
  'import.silent_success': {
    title: 'A success that nobody wrote',
    cause: 'The other system ends well where no edge fits. pawl fails there, so the importer wrote an edge to `end`.',
    cure: 'Write what is meant where no condition holds, or leave the edge.',
  },
  'import.turns': {
    title: 'A bound that is counted in another way',
    cause:
      'The other system counts steps and its tasks say how many; pawl counts the rounds of a cycle, and its systems say how many.',
    cure: 'Look at `limits.maxTurns` of the system, and set the number of rounds that is meant.',
  },
  'import.graph': {
    title: 'The graph works in another way',
    cause: 'The other system runs such a graph in a way of its own, or in more than one.',
    cure: 'Compare what the message says with what is meant.',
  },
  'import.approvers': {
    title: 'Nobody is named who decides',
    cause: 'In the other system anybody may decide who may write. pawl asks people of a group.',
    cure: 'Say in `pawl.yaml` who is in the group, or name another one.',
  },
  'import.retry': {
    title: 'It is tried again in another way',
    cause: 'The other system says it for each task or message; pawl says it for runs and for nodes of the graph.',
    cure: 'Look at `retry` of the task and of the nodes of its system.',
  },
  'import.ends_in_failure': {
    title: 'A limit that fails',
    cause: 'Reaching the limit is a success in the other system, with whatever there is. In pawl it is a failure.',
    cure: 'Raise the limit where it is reached in normal work.',
  },
  'import.store': {
    title: 'It is kept elsewhere',
    cause: 'pawl keeps what agents remember in its own database.',
    cure: 'None is needed; what is kept over there is not moved.',
  },
  'import.one_time': {
    title: 'A run, not a template',
    cause:
      'The other system starts the task when it is applied. A Task of pawl waits until somebody or something starts it.',
    cure: 'Start it with the command that the message names.',
  },
  'import.parameter': {
    title: 'A parameter of a model that is not sent',
    cause: 'The manifest sets how the model is asked in a way that pawl has no parameter for, or not to that degree.',
    cure: 'Check the answers without it; an evaluation tells whether it matters.',
  },
  'import.wire': {
    title: 'The model is asked in another way',
    cause: 'pawl speaks another protocol of the same provider, or names the model as that protocol does.',
    cure: 'Check that the endpoint answers as the one of the other system did.',
  },
  'import.credential': {
    title: 'Another credential is needed',
    cause: 'The other system finds its credential elsewhere, or in another form than pawl reads.',
    cure: 'Set the Secret as the message says.',
  },
  'import.payload': {
    title: 'The payload comes in another shape',
    cause: 'The other system hands the body of a request on as one text; pawl reads it as JSON.',
    cure: 'Read fields of it where that is of use: `${ payload.issue.title }`.',
  },
  'import.all_tools': {
    title: 'All tools of a server',
    cause:
      'The other system gives an agent every tool of the server where it names none. `*` stands for those of the pin.',
    cure: 'Name the tools that the agent is meant to call.',
  },
  'import.memory_scope': {
    title: 'A memory that was kept for each user',
    cause: 'The other system keeps what each user said apart. A Memory of pawl is one for all who use the agent.',
    cure: 'Add `read`, `search` and `write` to `memory.allow` if users may learn what others said.',
  },
  'import.compaction': {
    title: 'Long conversations are shortened in another way',
    cause:
      'The other system says in another measure when a conversation is shortened, or leaves out what pawl sums up.',
    cure: 'Look at `context.compaction` of the agent.',
  },
  'import.not_admitted': {
    title: 'A template that nothing runs',
    cause:
      'The other system runs a template where something admits it by its labels, and nothing among the files does.',
    cure: 'Remove the agent if it is not meant to run.',
  },
  'import.split': {
    title: 'One document became several',
    cause: 'What one document of the other system says takes several resources in pawl.',
    cure: 'Change them together; each says what it goes with.',
  },
  'import.scripted': {
    title: 'A model that answers from a script',
    cause: 'With `--scripted`, a model that no file declares is stood in for by one that is offline.',
    cure: 'Write the real ModelEndpoint before it goes live.',
  },
};
