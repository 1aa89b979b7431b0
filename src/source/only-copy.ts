import { WorkingCopy, workingCopyCommit } from './working-copy.ts';

/** Uncommitted files where nothing else is looked at: every branch is these files, also for who may answer a run. */
export class OnlyCopy extends WorkingCopy {
  override async resolve(): Promise<string> {
    return workingCopyCommit;
  }
}
