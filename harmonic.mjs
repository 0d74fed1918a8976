#!/usr/bin/env node
// Everything that package.json's scripts do, without a package manager or a shell in between: node harmonic.mjs train
import { launch } from './tools/launcher/launch.mjs';

await launch(process.argv.slice(2));
