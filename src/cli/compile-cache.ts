import module from 'node:module';

// To be imported first. Node 22 keeps compiled code from one run to the next; older ones do without.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
