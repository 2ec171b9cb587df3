/** The engine's version, part of every analysis: with the data tables' versions it says what made a result. As in package.json. */
export const engineVersion = '0.1.0'
