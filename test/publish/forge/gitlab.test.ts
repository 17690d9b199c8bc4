import { describeForge } from './contract';
import { gitLabFixture } from './gitlab-fixture';

describeForge('GitLab', gitLabFixture);
