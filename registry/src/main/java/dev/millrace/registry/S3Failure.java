package dev.millrace.registry;

import java.io.IOException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;

/** Says what went wrong between us and S3, and who can mend it. */
final class S3Failure {

    private static final int MOVED = 301;
    private static final int REFUSED = 403;

    private S3Failure() {}

    /** {@return the failure as one of input and output, with the SDK's own as the cause} */
    static IOException of(S3Location where, SdkException failure) {
        return new IOException(where + ": " + message(where, failure), failure);
    }

    private static String message(S3Location where, SdkException failure) {
        if (failure instanceof NoSuchBucketException) {
            return "there is no bucket " + where.bucket() + "; create it, or correct registry.store";
        }
        if (failure instanceof AwsServiceException answer) {
            return switch (answer.statusCode()) {
                case REFUSED ->
                    "access was refused; the credentials must be valid and may read, write, list and delete in the bucket"
                            + detail(answer);
                case MOVED -> "the bucket lies in another region; set registry.s3-region" + detail(answer);
                default -> "the service answered " + answer.statusCode() + detail(answer);
            };
        }
        String message = String.valueOf(failure.getMessage());
        if (message.contains("Unable to load credentials")) {
            return "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or any other of the AWS"
                    + " SDK's sources of credentials";
        }
        if (message.contains("Unable to load region")) {
            return "no region is known; set registry.s3-region or AWS_REGION";
        }
        return "the service cannot be reached: " + message;
    }

    private static String detail(AwsServiceException answer) {
        if (answer.awsErrorDetails() == null || answer.awsErrorDetails().errorMessage() == null) {
            return "";
        }
        return " (" + answer.awsErrorDetails().errorCode() + ": "
                + answer.awsErrorDetails().errorMessage() + ")";
    }
}
