import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** Leaves the texts of errors alone: what follows the code of a `HarmonicError`. Tests pin a sentence once, or not at all. */
class MessageIgnorer {
  shouldIgnore(path) {
    const isText = path.isStringLiteral() || path.isTemplateLiteral();
    const error = path.findParent((parent) => parent.isNewExpression());
    if (!isText || error?.node.callee.name !== 'HarmonicError') return undefined;
    return path.node === error.node.arguments[0] ? undefined : 'It is the text of an error.';
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Ignore, 'messages', MessageIgnorer)];
