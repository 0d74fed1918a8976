#!/usr/bin/env node
// Runs the commands in package.json's scripts without a package manager or shell in between: node harmonic.mjs train
import { launch } from './tools/launcher/launch.mjs';

await launch(process.argv.slice(2));
