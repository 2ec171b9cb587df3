/** A failure whose sentence is all there is to say: where in our code it was noticed helps nobody. */
export class PlainFailure extends Error {
  override readonly name = 'PlainFailure'
}
