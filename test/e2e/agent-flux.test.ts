import { agent } from './suites/agent';

agent('flux');
