#!/usr/bin/env node
import { run } from '@harmonic-mlp/node-trainer';
import { addReportCommand } from './command';

process.exitCode = await run(process.argv, addReportCommand);
