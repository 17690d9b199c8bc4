import { Cluster, Platform } from '../../../src';
import { type AgentKind, agents } from './agents';
import { shop } from './shop';

/**
 * A program as a project has it: `examples/shop`, on a cluster with the agent that the environment variable names. Its
 * working folder holds the pinned release manifest.
 */
const { E2E_AGENT = 'argo-cd', E2E_URL = '', CHECKOUT_DEV_IMAGE } = process.env;
const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url: E2E_URL } });
const cluster = new Cluster(platform, 'eu-1');
agents[E2E_AGENT as AgentKind].install(cluster);
shop(platform, cluster, CHECKOUT_DEV_IMAGE);
platform.synth();
