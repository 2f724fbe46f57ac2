// SPDX-License-Identifier: MIT
// Bundles the page as C++, what stands in front of the reports and behind them:
//   node build.mjs FOLDER    writes FOLDER/page_data.cpp
// FOLDER has the node_modules that `npm ci` has put there.
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

const source = join(dirname(fileURLToPath(import.meta.url)), 'src'), folder = resolve(process.argv[2]);
const {build, transform} = createRequire(join(folder, 'package.json'))('esbuild');
const read = (path) => readFileSync(path, 'utf8');

const bundle = await build({
  entryPoints: [join(source, 'main.js')], bundle: true, minify: true, format: 'iife', write: false,
  metafile: true, target: 'es2022', charset: 'utf8', legalComments: 'none', logLevel: 'warning',
  nodePaths: [join(folder, 'node_modules')], absWorkingDir: folder,
});

/** The licences of the packages in the bundle: each asks to go with every copy. */
function notices() {
  const packages = new Set(Object.keys(bundle.metafile.inputs).map((path) =>
    /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean));
  return [...packages].sort().map((name) => {
    const place = join(folder, 'node_modules', name);
    const file = readdirSync(place).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file || !existsSync(join(place, file))) throw new Error(`${name} has no licence`);
    const {version} = JSON.parse(read(join(place, 'package.json')));
    return `${name} ${version}\n${read(join(place, file)).trim()}`;
  }).join('\n\n').replaceAll('--', '- -');
}

const style = ['style.css', 'charts.css', 'narrow.css'].map((name) => read(join(source, name))).join('\n');
const css = (await transform(style, {loader: 'css', minify: true, target: 'chrome123', charset: 'utf8'})).code;
const put = (text, place, content) => text.split(place).join(content);
const head = put(put(read(join(source, 'page.html')), '/*STYLE*/', css.trim()), '<!--NOTICES-->',
  `<!--\nThis page holds the libraries below.\n\n${notices()}\n-->`);
const script = bundle.outputFiles[0].text.replaceAll('</script', '<\\/script').trim();
const tail = `</script>\n<script>${script}</script>\n</body>\n</html>\n`;

/** A C++ function that returns `text`. Literals of some length each, so that compilers cope. */
function as_function(name, text) {
  const escaped = (piece) => piece.replace(/[\\"?]/g, '\\$&').replaceAll('\n', '\\n')
    .replace(/[\0-\x09\x0b-\x1f]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
  const pieces = [...text.matchAll(/[^]{1,2000}/gu)].map(([piece]) => `        "${escaped(piece)}"`);
  return `std::string_view ${name}() {\n    static constexpr char kText[] =\n${pieces.join('\n')};
    return {kText, sizeof kText - 1};\n}\n`;
}

writeFileSync(join(folder, 'page_data.cpp'), `// Written by host/page/build.mjs.
#include "host/page/page_data.h"

namespace tessera::host {

${as_function('page_start', head)}
${as_function('page_end', tail)}
}  // namespace tessera::host
`);
