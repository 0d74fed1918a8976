#!/usr/bin/env node
import { addCommands } from './commands';
import { run } from './program';

process.exitCode = await run(process.argv, addCommands);
