import { beforeAll } from 'vitest';
import { missingAgents } from '../../helpers/agents';
import { type Gitea, startGitea } from '../../helpers/gitea';
import { describeForge } from './contract';
import { giteaFixture } from './gitea-fixture';

const skip = missingAgents('gitea');
let gitea: Gitea;
beforeAll(async () => {
  if (skip === undefined) gitea = await startGitea();
});

describeForge('Gitea', () => giteaFixture(gitea), { skip });
