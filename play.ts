// A scratch file: `npm run play` runs it again on every change. Nothing imports it; please do not commit what you try here.
export {};

console.log(`Node ${process.version}: import from "kronograd" and play.`);
