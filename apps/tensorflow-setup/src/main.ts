#!/usr/bin/env node
import { run } from '@harmonic-mlp/node-trainer';
import { addSetupTensorflowCommand } from './command';

process.exitCode = await run(process.argv, addSetupTensorflowCommand);
