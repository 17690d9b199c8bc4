import { agent } from './suites/agent';

agent('argo-cd');
